-- depends: 0018_run_workers

-- What has expired goes at each sign-in: by this index, not by a look at everybody's sessions.
CREATE INDEX sessions_expires_at ON sessions (expires_at);

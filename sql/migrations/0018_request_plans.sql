-- depends: 0016_notices

-- What has expired goes at each sign-in: by this index, not by a look at everybody's sessions.
CREATE INDEX sessions_expires_at ON sessions (expires_at);

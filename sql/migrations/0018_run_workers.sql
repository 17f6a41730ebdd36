-- Which worker of the pool executes which run, so that whoever watches runs needs no message broker to know.
-- depends: 0017_batches

CREATE TABLE run_workers (
    run_id     text PRIMARY KEY,
    worker     text NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    beat_at    timestamptz NOT NULL DEFAULT now()   -- the last sign of life, by this server's clock and no other's
);

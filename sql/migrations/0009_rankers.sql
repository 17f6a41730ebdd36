-- What a catalogue's titles have taught: arrays, no code. Made anew when catalogue, encoder or training change.

CREATE TABLE occupation_rankers (
    catalogue  text NOT NULL,                     -- hash of the titles it was trained on
    encoder    text NOT NULL,
    version    text NOT NULL,                     -- of the training
    ranker     bytea NOT NULL,                    -- NumPy's .npz
    figures    jsonb NOT NULL,                    -- measured on titles kept apart
    trained_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (catalogue, encoder, version)
);

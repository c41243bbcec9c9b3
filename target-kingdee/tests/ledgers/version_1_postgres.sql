CREATE TABLE schema_versions (
    version INTEGER NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (version)
);
CREATE TABLE books (
    book_id SERIAL NOT NULL,
    account TEXT NOT NULL,
    form TEXT NOT NULL,
    holder TEXT,
    holder_place TEXT,
    holder_pid INTEGER,
    holder_started TEXT,
    beat BIGINT NOT NULL,
    PRIMARY KEY (book_id),
    UNIQUE (account, form)
);
CREATE TABLE runs (
    run_id SERIAL NOT NULL,
    account TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    result TEXT NOT NULL,
    seconds FLOAT,
    summary TEXT,
    PRIMARY KEY (run_id)
);
CREATE TABLE deliveries (
    book_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    status TEXT NOT NULL,
    source_stream TEXT NOT NULL,
    source_key TEXT NOT NULL,
    content_hash BYTEA NOT NULL,
    delivered_hash BYTEA,
    kingdee_id TEXT,
    document_status TEXT,
    returned TEXT,
    floor_id BIGINT,
    attempts INTEGER NOT NULL,
    first_sent_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    delivered_at TEXT,
    run_id INTEGER NOT NULL,
    PRIMARY KEY (book_id, number),
    FOREIGN KEY(book_id) REFERENCES books (book_id)
);
CREATE TABLE dead_letters (
    dead_letter_id SERIAL NOT NULL,
    book_id INTEGER NOT NULL,
    source_stream TEXT NOT NULL,
    source_key TEXT NOT NULL,
    number TEXT,
    mapping TEXT NOT NULL,
    field TEXT,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    fix TEXT NOT NULL,
    record TEXT NOT NULL,
    model TEXT,
    attempts INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL,
    closed_at TEXT,
    updated_at TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    PRIMARY KEY (dead_letter_id),
    UNIQUE (book_id, source_stream, source_key),
    FOREIGN KEY(book_id) REFERENCES books (book_id)
);
CREATE INDEX dead_letters_open ON dead_letters (closed_at, book_id);

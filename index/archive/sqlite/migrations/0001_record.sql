-- Mentions: one row each, the current version with its best verdict in body (archive.Pack). key is archive.Key of the id: an index
-- over eight bytes instead of over the id once more. thread is the Key of the thread when that is not the mention itself. gone: 0 text
-- is here, 1 deleted, 2 expired. Times are Unix milliseconds. folded is the packed case, absent when nothing was done.
CREATE TABLE mentions (
	n       INTEGER PRIMARY KEY,
	key     INTEGER NOT NULL,
	id      TEXT    NOT NULL,
	thread  INTEGER,
	gone    INTEGER NOT NULL,
	past    INTEGER NOT NULL, -- 1: there are rows in versions or verdicts
	seen    INTEGER NOT NULL,
	kept    INTEGER NOT NULL,
	version BLOB    NOT NULL,
	folded  BLOB,
	body    BLOB    NOT NULL
) STRICT;
CREATE INDEX mentions_key ON mentions (key);
CREATE INDEX mentions_thread ON mentions (thread) WHERE thread IS NOT NULL;
CREATE INDEX mentions_kept ON mentions (kept) WHERE gone = 0;

-- What is not current. body is NULL when the text is gone; the row stays, so that a repetition is still known.
CREATE TABLE versions (
	n       INTEGER NOT NULL,
	version BLOB    NOT NULL,
	seen    INTEGER NOT NULL,
	body    BLOB,
	PRIMARY KEY (n, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE verdicts (
	n    INTEGER NOT NULL,
	key  BLOB    NOT NULL, -- archive.VerdictKey
	body BLOB    NOT NULL,
	PRIMARY KEY (n, key)
) STRICT, WITHOUT ROWID;

-- Casework in the order of the log. key is of the event's id, mention the Key of the mention's id, which may not be there yet.
CREATE TABLE events (
	n       INTEGER PRIMARY KEY,
	key     INTEGER NOT NULL,
	mention INTEGER NOT NULL,
	id      TEXT    NOT NULL,
	type    TEXT    NOT NULL,
	body    BLOB    NOT NULL
) STRICT;
CREATE INDEX events_key ON events (key);
CREATE INDEX events_mention ON events (mention);

CREATE TABLE settings (
	name    TEXT    NOT NULL,
	version INTEGER NOT NULL,
	at      INTEGER NOT NULL, -- Unix nanoseconds, 0 when unknown
	by      TEXT    NOT NULL,
	why     TEXT    NOT NULL,
	value   BLOB,
	PRIMARY KEY (name, version)
) STRICT;

CREATE TABLE erasures (
	hash BLOB    PRIMARY KEY, -- SHA-256 of the mention's id
	at   INTEGER NOT NULL     -- Unix nanoseconds
) STRICT, WITHOUT ROWID;

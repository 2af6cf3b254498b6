-- The current version of every mention. body is the mention with its verdict as JSON, whole; the columns beside it are for analytics and
-- for finding rows. Small granules: the pages ask for fifty mentions by id.
CREATE TABLE IF NOT EXISTS mentions (
	id       String,
	revision UInt64,
	gone     LowCardinality(String),
	past     Bool,
	version  String,
	seen     DateTime64(3, 'UTC'),
	kept     DateTime64(3, 'UTC'),
	created  DateTime64(3, 'UTC'),
	platform LowCardinality(String),
	source   LowCardinality(String),
	kind     LowCardinality(String),
	lang     LowCardinality(String),
	thread   String,
	service  LowCardinality(String),
	labels   Array(LowCardinality(String)),
	risk     Array(LowCardinality(String)),
	stage    LowCardinality(String),
	model    LowCardinality(String),
	body     String CODEC(ZSTD(3)),
	INDEX by_thread thread TYPE bloom_filter GRANULARITY 4
) ENGINE = ReplacingMergeTree(revision) ORDER BY id SETTINGS index_granularity = 1024;

-- What is not current. An empty body: the words are gone, the row stays so that a repetition is still known.
CREATE TABLE IF NOT EXISTS versions (
	id       String,
	version  String,
	revision UInt64,
	seen     DateTime64(3, 'UTC'),
	body     String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision) ORDER BY (id, version) SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS verdicts (
	id       String,
	key      String,
	revision UInt64,
	wordless Bool,
	body     String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision) ORDER BY (id, key) SETTINGS index_granularity = 1024;

-- Casework. n is the event's place among its mention's, in the order of the log; of two rows with one id the earlier place wins,
-- because rank is the complement of n.
CREATE TABLE IF NOT EXISTS events (
	mention  String,
	id       String,
	n        UInt64,
	rank     UInt64 MATERIALIZED bitNot(n),
	at       DateTime64(3, 'UTC'),
	type     LowCardinality(String),
	incident String,
	actor    LowCardinality(String),
	body     String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(rank) ORDER BY (mention, id) SETTINGS index_granularity = 1024;

-- The fold of a mention's events; n is how many were folded.
CREATE TABLE IF NOT EXISTS cases (
	id    String,
	n     UInt64,
	state LowCardinality(String),
	body  String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(n) ORDER BY id SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS settings (
	name    String,
	version Int64,
	at      Int64,
	by      String,
	why     String,
	value   String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree ORDER BY (name, version);

CREATE TABLE IF NOT EXISTS erasures (
	hash String,
	at   Int64
) ENGINE = ReplacingMergeTree ORDER BY hash;

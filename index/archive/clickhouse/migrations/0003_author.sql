-- What an author wrote whose id is a DID, for an account that is gone.
ALTER TABLE mentions ADD COLUMN IF NOT EXISTS author String DEFAULT if(startsWith(JSONExtractString(body, 'mention', 'author', 'id') AS a, 'did:'), a, '');
ALTER TABLE mentions MATERIALIZE COLUMN author;
ALTER TABLE mentions ADD INDEX IF NOT EXISTS by_author author TYPE bloom_filter GRANULARITY 4;
ALTER TABLE mentions MATERIALIZE INDEX by_author;

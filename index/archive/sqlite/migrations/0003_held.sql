-- Which mentions a source brought, for asking its platform about them again, and which an author wrote, for an account that is gone. Both are
-- archive.Key: of the source, and of "platform:author's id" where that is a DID. held_source and held_author are functions of this program.
ALTER TABLE mentions ADD COLUMN source INTEGER;
ALTER TABLE mentions ADD COLUMN author INTEGER;
UPDATE mentions SET source = held_source(body), author = held_author(body) WHERE gone = 0;
CREATE INDEX mentions_source ON mentions (source, kept) WHERE gone = 0 AND source IS NOT NULL;
CREATE INDEX mentions_author ON mentions (author) WHERE gone = 0 AND author IS NOT NULL;

-- verify asks for every delivery; without this it would read every act.
CREATE INDEX events_delivered ON events (n) WHERE type = 'delivered';

package env

import "log/slog"

// Config is what the environment says. Parse fills in the defaults.
type Config struct {
	Data          string     // EARSHOT_DATA: folder of everything that lasts; ./data
	Listen        string     // EARSHOT_LISTEN: host:port of pages and API; 127.0.0.1:8080
	IngestListen  string     // EARSHOT_INGEST_LISTEN: host:port of ingest's health and metrics; 127.0.0.1:8081
	PublicURL     string     // EARSHOT_PUBLIC_URL: what people type, without a slash at its end; empty: http://Listen
	TLSCert       string     // EARSHOT_TLS_CERT: file of the certificate chain in PEM; empty: plain HTTP
	TLSKey        string     // EARSHOT_TLS_KEY: file of its private key in PEM
	KafkaBrokers  []string   // EARSHOT_KAFKA_BROKERS: host:port, comma between them; empty: the embedded broker
	TopicPrefix   string     // EARSHOT_TOPIC_PREFIX: put before every topic and group; empty: none
	ClickHouseDSN Secret     // EARSHOT_CLICKHOUSE_DSN: empty: SQLite in the data folder
	BlobURL       Secret     // EARSHOT_BLOB_URL: s3://bucket?region=... or file:///folder; empty: a folder in Data
	SMTPURL       Secret     // EARSHOT_SMTP_URL: smtp://user:pass@host:port?tls=starttls|tls|none; empty: files in Data/mail
	Settings      string     // EARSHOT_SETTINGS: folder imported when the data folder is new; empty: the sample council
	SecretKey     Secret     // EARSHOT_SECRET_KEY: encrypts connector keys; empty: made in Data, see Key
	EncoderLib    string     // EARSHOT_ENCODER_LIB: file of ONNX Runtime; empty: looked for beside the program
	OIDC          OIDC       // EARSHOT_OIDC_*
	Opinion       Opinion    // EARSHOT_OPINION_*
	Log           slog.Level // EARSHOT_LOG: debug, info, warn or error; info
}

// OIDC is how people sign in with the council's own accounts. An empty Issuer means local accounts only.
type OIDC struct {
	Issuer       string   // EARSHOT_OIDC_ISSUER: such as https://login.microsoftonline.com/TENANT/v2.0
	ClientID     string   // EARSHOT_OIDC_CLIENT_ID
	ClientSecret Secret   // EARSHOT_OIDC_CLIENT_SECRET
	Scopes       []string // EARSHOT_OIDC_SCOPES: comma between them; openid, profile, email
	RolesClaim   string   // EARSHOT_OIDC_ROLES_CLAIM: the claim that lists a person's roles; roles
}

// Opinion is whom to ask for a second opinion on doubtful verdicts. An empty URL means nobody: nothing leaves the house.
type Opinion struct {
	URL    string // EARSHOT_OPINION_URL: of an OpenAI-compatible server, such as http://127.0.0.1:8000
	Model  string // EARSHOT_OPINION_MODEL: as the server calls it
	Key    Secret // EARSHOT_OPINION_KEY: sent as a bearer token; empty: none
	Budget int    // EARSHOT_OPINION_BUDGET: calls a day, 1 to 1,000,000; 500
}

// variable is one EARSHOT_ variable without its prefix.
type variable struct {
	name   string
	secret bool // has a _FILE twin
	set    func(c *Config, value string) error
}

func variables() []variable {
	text := func(to func(*Config) *string) func(*Config, string) error {
		return func(c *Config, v string) error { *to(c) = v; return nil }
	}
	return []variable{
		{"DATA", false, text(func(c *Config) *string { return &c.Data })},
		{"LISTEN", false, listen(func(c *Config) *string { return &c.Listen })},
		{"INGEST_LISTEN", false, listen(func(c *Config) *string { return &c.IngestListen })},
		{"PUBLIC_URL", false, setPublicURL},
		{"TLS_CERT", false, text(func(c *Config) *string { return &c.TLSCert })},
		{"TLS_KEY", false, text(func(c *Config) *string { return &c.TLSKey })},
		{"KAFKA_BROKERS", false, setBrokers},
		{"TOPIC_PREFIX", false, setTopicPrefix},
		{"CLICKHOUSE_DSN", true, setClickHouse},
		{"BLOB_URL", true, setBlobURL},
		{"SMTP_URL", true, setSMTP},
		{"SETTINGS", false, text(func(c *Config) *string { return &c.Settings })},
		{"SECRET_KEY", true, setSecretKey},
		{"ENCODER_LIB", false, text(func(c *Config) *string { return &c.EncoderLib })},
		{"OIDC_ISSUER", false, setIssuer},
		{"OIDC_CLIENT_ID", false, text(func(c *Config) *string { return &c.OIDC.ClientID })},
		{"OIDC_CLIENT_SECRET", true, func(c *Config, v string) error { c.OIDC.ClientSecret = NewSecret(v); return nil }},
		{"OIDC_SCOPES", false, func(c *Config, v string) error { c.OIDC.Scopes = split(v); return nil }},
		{"OIDC_ROLES_CLAIM", false, text(func(c *Config) *string { return &c.OIDC.RolesClaim })},
		{"OPINION_URL", false, setOpinionURL},
		{"OPINION_MODEL", false, text(func(c *Config) *string { return &c.Opinion.Model })},
		{"OPINION_KEY", true, func(c *Config, v string) error { c.Opinion.Key = NewSecret(v); return nil }},
		{"OPINION_BUDGET", false, setOpinionBudget},
		{"LOG", false, setLog},
	}
}

// Names lists every variable that Parse accepts, _FILE twins included.
func Names() []string {
	var out []string
	for _, v := range variables() {
		out = append(out, prefix+v.name)
		if v.secret {
			out = append(out, prefix+v.name+fileSuffix)
		}
	}
	return out
}

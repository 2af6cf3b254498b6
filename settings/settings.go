package settings

import "time"

// Folder is a settings folder, parsed and judged. The zero value of any part but Council means "not set".
type Folder struct {
	Council    Council
	People     []Person
	Facts      []Fact
	Services   []Service
	Terms      []Term
	Sources    []Source
	Routes     Routes
	Modes      Modes
	Retention  Retention
	Searches   []Search
	Classifier Classifier
	Templates  map[string]Template // by file name without extension

	Version string  // names the content of the files, see the function Version
	Notes   []Fault // what was read all the same but somebody should know
}

// Council is council.yaml.
type Council struct {
	Name         string            `yaml:"name"`
	Aliases      []string          `yaml:"aliases"`
	TimeZone     string            `yaml:"time_zone"` // IANA name; empty: Europe/London
	OfficeHours  OfficeHours       `yaml:"office_hours"`
	BankHolidays []string          `yaml:"bank_holidays"` // dates, 2026-12-25
	Links        map[string]string `yaml:"links"`         // complaints: URL, ...
	Inboxes      Inboxes           `yaml:"inboxes"`
	QuietHours   string            `yaml:"quiet_hours"`  // hold (also empty): mails that are not about a risk wait until the office opens; send: they leave at any hour
	AuditSample  int               `yaml:"audit_sample"` // mentions drawn a week for officers to tag, 10 to 500; zero: 50
}

// OfficeHours are the hours in which the council works, in its own time zone.
type OfficeHours struct {
	Days  []string `yaml:"days"`  // mon ... sun; empty: mon-fri
	Start string   `yaml:"start"` // 08:30; empty: 08:30
	End   string   `yaml:"end"`   // 17:00; empty: 17:00
}

// Inboxes are the addresses that the default routes write to.
type Inboxes struct {
	Publicity  []string `yaml:"publicity"`
	HR         []string `yaml:"hr"`
	Monitoring []string `yaml:"monitoring"`
	OnCall     []string `yaml:"on_call"`
	From       string   `yaml:"from"`
}

// Grade says how public a person's name is (P12): only a junior officer's name is masked and asked to be left out.
type Grade string

// The grades of people.csv.
const (
	Senior Grade = "senior"
	Junior Grade = "junior"
	Member Grade = "member"
)

// Person is one line of people.csv. Handles and AlsoKnownAs are separated by "|" or ";" inside their column.
type Person struct {
	Name         string
	Job          string
	Team         string
	Grade        Grade
	Handles      []string
	AlsoKnownAs  []string
	Email        string
	ManagerEmail string
	Group        string            // political group of a member
	Extra        map[string]string // unknown columns, kept
}

// Fact is one line of facts.csv: a statement the council stands by from the day ValidFrom to the day ValidTo, both included, in the
// council's time zone (the dates are midnight UTC of that day). Zero dates are open ends.
type Fact struct {
	ID, Statement, Topic, SourceURL, Owner string
	ValidFrom, ValidTo                     time.Time
	Extra                                  map[string]string
}

// Service is one line of services.csv.
type Service struct {
	ID, Name, ManagerEmail string
	Extra                  map[string]string
}

// Term is one watch term of terms.yaml. Query is words, "phrases", @handles and #tags; all must stand in the text, in any
// order; Without lists what must not. Subject says what it is: "council", "service", "place"; never a private person (P4).
type Term struct {
	ID      string   `yaml:"id"`
	Query   string   `yaml:"query"`
	Without []string `yaml:"without"`
	Near    []string `yaml:"near"` // at least one of these must also occur, for an ambiguous name
	Subject string   `yaml:"subject"`
	By      string   `yaml:"by"`  // who decided (P3)
	Why     string   `yaml:"why"` // why it is watched
}

// Source is one entry of sources.yaml. Options are the connector's own (url, account, hashtags, ...); secrets are never here.
type Source struct {
	ID       string            `yaml:"id"`
	Kind     string            `yaml:"kind"` // feed, bluesky, mastodon, ...
	Name     string            `yaml:"name,omitempty"`
	Paused   bool              `yaml:"paused,omitempty"`
	Every    Duration          `yaml:"every,omitempty"`  // poll interval; zero: the connector's own
	Rhythm   Duration          `yaml:"rhythm,omitempty"` // longest silence that is normal; zero: 7 days
	AllTerms bool              `yaml:"all,omitempty"`    // every item is a mention, whatever the watch terms say
	AllowNet []string          `yaml:"allow_net,omitempty"`
	Options  map[string]string `yaml:"options,omitempty"`
}

// Routes is routes.yaml: the first table of who is told. Empty: escalate's default routes over Council.Inboxes.
type Routes struct {
	Routes []Route `yaml:"routes"`
}

// Route sends mentions that match every set field to Receivers. Routes are tried in order, all that match apply unless Stop.
type Route struct {
	ID        string   `yaml:"id"`
	Labels    []string `yaml:"labels"` // any of
	Risk      []string `yaml:"risk"`   // any of; "any" is every risk
	Target    string   `yaml:"target"`
	Platforms []string `yaml:"platforms"`
	Services  []string `yaml:"services"`
	MinScore  float64  `yaml:"min_score"` // of the matched label, 0 to 1
	Audience  string   `yaml:"audience"`  // comms, hr, monitoring, on_call
	Receivers []string `yaml:"receivers"` // mail addresses or inbox:NAME; empty: the audience's inbox
	Wait      Duration `yaml:"wait"`      // how long to group before the first mail; zero: at once
	Repeat    Duration `yaml:"repeat"`    // not before this long since the incident's last mail; zero: never again
	Template  string   `yaml:"template"`
	AnyHour   bool     `yaml:"any_hour"` // send outside office hours too; always so for a route with Risk
	Within    Duration `yaml:"within"`   // council hours to answer in, a working day counting 24; zero: 48h for comms, none for others
	Step      Duration `yaml:"step"`     // tell one receiver after another, this long apart, until somebody acknowledges; zero: all at once
	Stop      bool     `yaml:"stop"`
}

// Modes is modes.yaml: pre-election and emergency periods (P22, P23).
type Modes struct {
	Periods []Period `yaml:"periods"`
}

// Period is one stated span of a mode; the end is exclusive.
type Period struct {
	Mode   string    `yaml:"mode"` // pre-election, emergency
	Start  time.Time `yaml:"start"`
	End    time.Time `yaml:"end"`
	By     string    `yaml:"by"`
	Reason string    `yaml:"reason"`
}

// Retention is retention.yaml. Zero fields mean the defaults given here.
type Retention struct {
	Text      Duration            `yaml:"text"`      // 365d (P28)
	Log       Duration            `yaml:"log"`       // 14d, at most 30d
	Platforms map[string]Duration `yaml:"platforms"` // less where a platform's terms say so
}

// Search is one saved search of searches.yaml.
type Search struct {
	Name  string `yaml:"name"`
	Query string `yaml:"query"`
	Owner string `yaml:"owner"`
}

// Template is one file of templates/: a YAML head between "---" lines, then the text.
type Template struct {
	Head map[string]string
	Body string
}

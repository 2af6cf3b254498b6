package settings

import (
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// document is a YAML file decoded strictly: unknown members, wrong types and repeated members are Faults with their lines.
type document struct {
	file   string
	r      *report
	lines  map[string]int // path such as routes[2].receivers[0] -> line
	broken bool           // it is not YAML at all
}

// readYAML decodes b into the struct that out points to. A missing or empty file leaves out as it is.
func readYAML(file string, b []byte, out any, r *report) *document {
	d := &document{file: file, r: r, lines: map[string]int{}}
	var root yaml.Node
	if err := yaml.Unmarshal(stripBOM(b), &root); err != nil {
		d.broken = true
		line, problem := yamlSyntax(err)
		r.fault(file, line, "%s", problem)
		return d
	}
	if len(root.Content) == 0 {
		return d
	}
	d.decode(root.Content[0], reflect.ValueOf(out).Elem(), "")
	return d
}

var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// parserFault are the faults whose lines the YAML library counts from 0; it counts those of its scanner from 1.
var parserFault = regexp.MustCompile(`^did not find expected (<document start>|node content|'-' indicator|key|',' or)`)

func yamlSyntax(err error) (int, string) {
	if m := syntaxLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1]) // no number: line 0
		if parserFault.MatchString(m[2]) {
			line++
		}
		return line, "the file cannot be read as YAML here or just above: " + m[2]
	}
	return 0, "the file cannot be read as YAML"
}

// fault reports a problem at the line where path was read, or where its nearest parent was.
func (d *document) fault(path, format string, args ...any) {
	d.r.fault(d.file, d.line(path), format, args...)
}

func (d *document) line(path string) int {
	for path != "" {
		if n, ok := d.lines[path]; ok {
			return n
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return d.lines[""]
}

var (
	durationType = reflect.TypeFor[Duration]()
	momentType   = reflect.TypeFor[Moment]()
)

func (d *document) decode(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.lines[path] = n.Line
	if n.Tag == "!!null" {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == momentType {
			d.scalar(n, v, path)
			return
		}
		d.object(n, v, path)
	case reflect.Map:
		d.table(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

func (d *document) object(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fault(path, "%s must be a group of members such as `%s: ...`", name(path), fieldNames(v.Type())[0])
		return
	}
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); tag != "" && tag != "-" {
			fields[tag] = v.Field(i)
		}
	}
	d.members(n, path, func(key, val *yaml.Node, at string) {
		if f, ok := fields[key.Value]; ok {
			d.decode(val, f, at)
			return
		}
		d.r.fault(d.file, key.Line, "member %q is unknown%s", key.Value, didYouMean(key.Value, fieldNames(v.Type())))
	})
}

func (d *document) table(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fault(path, "%s must be a group of members such as `name: value`", name(path))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	d.members(n, path, func(key, val *yaml.Node, at string) {
		e := reflect.New(v.Type().Elem()).Elem()
		d.decode(val, e, at)
		v.SetMapIndex(reflect.ValueOf(key.Value), e)
	})
}

func (d *document) members(n *yaml.Node, path string, each func(key, val *yaml.Node, at string)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if first, again := seen[key.Value]; again {
			d.r.fault(d.file, key.Line, "member %q is given twice; the first is on line %d", key.Value, first)
			continue
		}
		seen[key.Value] = key.Line
		at := key.Value
		if path != "" {
			at = path + "." + key.Value
		}
		d.lines[at] = key.Line
		each(key, val, at)
	}
}

func (d *document) sequence(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fault(path, "%s must be a list: one line each, beginning with a hyphen", name(path))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, c := range n.Content {
		d.decode(c, v.Index(i), path+"["+strconv.Itoa(i)+"]")
	}
}

func (d *document) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.fault(path, "%s must be one value, not a list or group", name(path))
		return
	}
	if err := setScalar(n.Value, v); err != nil {
		d.fault(path, "%s: %v", name(path), err)
	}
}

func setScalar(s string, v reflect.Value) error {
	switch {
	case v.Type() == durationType:
		x, err := ParseDuration(s)
		v.SetInt(int64(x))
		return err
	case v.Type() == momentType:
		v.Set(reflect.ValueOf(Moment{Text: s}))
	case v.Kind() == reflect.String:
		v.SetString(s)
	case v.Kind() == reflect.Bool:
		switch strings.ToLower(s) {
		case "true", "yes", "on":
			v.SetBool(true)
		case "false", "no", "off":
			v.SetBool(false)
		default:
			return errors.New(strconv.Quote(s) + " is not true or false")
		}
	case v.Kind() == reflect.Float64:
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return errors.New(strconv.Quote(s) + " is not a number")
		}
		v.SetFloat(x)
	case v.Kind() == reflect.Int:
		x, err := strconv.Atoi(s)
		if err != nil {
			return errors.New(strconv.Quote(s) + " is not a whole number")
		}
		v.SetInt(int64(x))
	default:
		panic("settings: no way to read a " + v.Type().String()) // a field of a new type, seen by the first test that loads it
	}
	return nil
}

// fieldNames lists the members of a struct type, in the order of its fields.
func fieldNames(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); tag != "" && tag != "-" {
			out = append(out, tag)
		}
	}
	return out
}

// name is how a sentence speaks of path.
func name(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

// Moment is a point in time as a settings file gives it: a date, or a date and a time. Without a zone it is the council's own.
type Moment struct{ Text string }

// In reads the moment in the zone loc.
func (m Moment) In(loc *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(m.Text), loc); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New(strconv.Quote(m.Text) + " is not a time: write for example 2027-03-25 or 2027-03-25 09:00")
}

func stripBOM(b []byte) []byte { return []byte(strings.TrimPrefix(string(b), "\ufeff")) }

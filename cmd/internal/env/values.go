package env

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func split(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func hostPort(s string, needHost bool) error {
	host, port, err := net.SplitHostPort(s)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || (needHost && (host == "" || n == 0)) {
		return fmt.Errorf("%q is not a host and a port, such as 127.0.0.1:8080", s)
	}
	return nil
}

func listen(to func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		*to(c) = v
		return hostPort(v, false)
	}
}

func setBrokers(c *Config, v string) error {
	c.KafkaBrokers = split(v)
	for _, b := range c.KafkaBrokers {
		if err := hostPort(b, true); err != nil {
			return err
		}
	}
	return nil
}

// topicPrefix leaves room for the longest topic name within Kafka's 249 characters.
var topicPrefix = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)

func setTopicPrefix(c *Config, v string) error {
	c.TopicPrefix = v
	if !topicPrefix.MatchString(v) {
		return fmt.Errorf("%q cannot begin a topic's name; use at most 200 letters, digits, dots, - and _", v)
	}
	return nil
}

// webURL refuses what is not an http or https URL with a host. It names no part of the value.
func webURL(v string) (*url.URL, error) {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("is not a web address; it begins with https:// or http://")
	}
	return u, nil
}

func setPublicURL(c *Config, v string) error {
	u, err := webURL(v)
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("must end with the host or a path")
	}
	c.PublicURL = strings.TrimRight(v, "/")
	return nil
}

func setIssuer(c *Config, v string) error {
	c.OIDC.Issuer = v
	_, err := webURL(v)
	return err
}

// Calls a day for second opinions: where nothing is said, and at most.
const (
	defaultOpinions = 500
	maxOpinions     = 1_000_000
)

func setOpinionURL(c *Config, v string) error {
	u, err := webURL(v)
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("must end with the host or a path; the key goes into EARSHOT_OPINION_KEY")
	}
	c.Opinion.URL = v
	return nil
}

func setOpinionBudget(c *Config, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxOpinions {
		return fmt.Errorf("%q is not a number of calls a day between 1 and %d", v, maxOpinions)
	}
	c.Opinion.Budget = n
	return nil
}

func setClickHouse(c *Config, v string) error {
	c.ClickHouseDSN = NewSecret(v)
	return schemeOf(v, "such as http://user:password@host:8123/earshot or clickhouse://host:9000/earshot", "http", "https", "clickhouse", "tcp")
}

func setBlobURL(c *Config, v string) error {
	c.BlobURL = NewSecret(v)
	return schemeOf(v, "such as s3://bucket?region=eu-west-2 or file:///srv/earshot/blobs", "s3", "file")
}

func setSMTP(c *Config, v string) error {
	c.SMTPURL = NewSecret(v)
	const form = "such as smtp://user:password@relay.example.gov.uk:587?tls=starttls"
	if err := schemeOf(v, form, "smtp"); err != nil {
		return err
	}
	u, _ := url.Parse(v) // schemeOf has parsed it
	if u.Hostname() == "" {
		return errors.New("names no host; write it " + form)
	}
	if tls := u.Query().Get("tls"); !slices.Contains([]string{"", "starttls", "tls", "none"}, tls) {
		return fmt.Errorf("has tls=%s; known are starttls, tls and none", tls)
	}
	return nil
}

// schemeOf refuses other schemes without repeating the value, which may hold a password.
func schemeOf(v, form string, schemes ...string) error {
	u, err := url.Parse(v)
	if err != nil || !slices.Contains(schemes, u.Scheme) {
		return fmt.Errorf("cannot be read; write it %s", form)
	}
	return nil
}

func setLog(c *Config, v string) error {
	if err := c.Log.UnmarshalText([]byte(v)); err != nil {
		return fmt.Errorf("%q is not a level; write debug, info, warn or error", v)
	}
	return nil
}

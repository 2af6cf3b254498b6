package facts

import (
	"math"
	"strconv"
	"strings"

	"earshot/classify/text"
)

// measure is what a quantity counts; only quantities of one measure are compared.
type measure string

const (
	money   measure = "£"
	percent measure = "%"
	clock   measure = "clock" // minutes after midnight
	span    measure = "days"  // a length of time
	rhythm  measure = "every" // days between two times
	date    measure = "date"  // month*100+day
	month   measure = "month" // 1 to 12
	year    measure = "year"
	count   measure = "" // of something: the unit says what
)

// quantity is a number in a text with what it counts.
type quantity struct {
	value   float64
	or      float64 // another way to count the same: 14 days for ten working days; 0: none
	per     float64 // days that a sum of money is for, from a week on; 0: not said
	of      measure
	units   [unitWords]string // terms of the words behind a count: one of them is what is counted
	about   bool              // "about", "nearly"
	over    bool              // "over", "more than"
	under   bool              // "under", "less than"
	digits  float64           // size of the last digit given: 1000 for "3,000"
	item    int               // where it begins
	number  int               // where the number ends
	end     int               // where what it is for ends, too: "£42 a year"
	context []int32           // terms of its sentence, of a fact
	words   [2]string         // of a fact: as it stands there, up to number and to end
}

// unitWords is how many words behind a number may say what it counts: "14 public toilet blocks".
const unitWords = 3

var units = map[string]float64{
	"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
	"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
	"fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12, "couple": 2, "half": 0.5, "quarter": 0.25, "third": 1.0 / 3, "once": 1, "twice": 2,
	"tenner": 10, "fiver": 5,
}

var scales = map[string]float64{"hundred": 100, "thousand": 1e3, "k": 1e3, "grand": 1e3, "million": 1e6, "mil": 1e6, "m": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9}

var months = map[string]float64{"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10,
	"november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12}

var spans = map[string]float64{"minute": 1.0 / 1440, "minutes": 1.0 / 1440, "min": 1.0 / 1440, "mins": 1.0 / 1440, "hour": 1.0 / 24, "hours": 1.0 / 24, "hrs": 1.0 / 24, "hr": 1.0 / 24,
	"day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7, "fortnight": 14, "fortnights": 14, "month": 30.4, "months": 30.4, "year": 365, "years": 365, "yr": 365, "yrs": 365}

var rhythms = map[string]float64{"weekly": 7, "fortnightly": 14, "monthly": 30.4, "daily": 1, "yearly": 365, "annually": 365, "annual": 365, "quarterly": 91}

// clocks are times that have a name.
var clocks = map[string]float64{"noon": 720, "midday": 720}

// parts are what fractions are counted in.
var parts = map[string]float64{"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7,
	"sevenths": 7, "eighth": 8, "eighths": 8, "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10, "twentieth": 20, "twentieths": 20}

// afterPart are words that may follow "a third" where it is no ordinal.
var afterPart = map[string]bool{"of": true, "the": true, "more": true, "less": true, "off": true, "up": true, "is": true, "are": true, "was": true, "were": true, "to": true, "and": true,
	"or": true, "than": true, "that": true, "goes": true, "went": true, "on": true, "in": true, "for": true, "will": true, "but": true}

var pounds = map[string]bool{"quid": true, "pound": true, "pounds": true, "grand": true, "tenner": true, "fiver": true}

// quantities reads the numbers of items, whose roles are does, into dst.
func quantities(items []text.Item, does []role, dst []quantity) []quantity {
	for i := 0; i < len(items); {
		if items[i].Kind != text.Number && does[i]&measures == 0 {
			i++
			continue
		}
		q, next := readQuantity(items, i)
		if next == i {
			i++
			continue
		}
		q.item, q.number, q.end = i, next, next
		if q.of == money {
			q.per, q.end = perOf(items, next)
		}
		for k := max(0, i-2); k < i; k++ {
			switch items[k].Text {
			case "about", "around", "roughly", "nearly", "almost", "approx", "some", "circa", "like":
				q.about = true
			case "over", "than", "least", "above":
				q.over = true
			case "under", "below", "most":
				q.under = true
			}
			if items[k].Text == "less" || items[k].Text == "fewer" {
				q.under, q.over = true, false
			}
		}
		dst = append(dst, q)
		i = q.end
	}
	return dst
}

// readQuantity reads one quantity at item i and returns the item behind it, or i.
func readQuantity(items []text.Item, i int) (quantity, int) {
	it := &items[i]
	w := it.Text
	if d, ok := rhythms[w]; ok {
		return quantity{value: d, of: rhythm}, i + 1
	}
	if m, ok := months[w]; ok && (w != "may" && w != "mar" && w != "march" || it.Flags&text.Capital != 0) {
		if i+1 < len(items) && items[i+1].Kind == text.Number {
			if v, _, _ := parseNumber(items[i+1].Text); v >= 1 && v <= 31 && !strings.ContainsAny(items[i+1].Text, "£%") {
				return quantity{value: m*100 + v, of: date}, i + 2
			}
		}
		return quantity{value: m, of: month}, i + 1
	}
	if q, next := readClock(items, i); next > i {
		return q, next
	}
	if w == "a" && i+1 < len(items) && (items[i+1].Text == "pound" || items[i+1].Text == "quid") {
		return quantity{value: 1, of: money}, i + 2
	}
	if q, next := readFraction(items, i); next > i {
		return q, next
	}
	if w == "every" || w == "each" {
		return readEvery(items, i)
	}
	v, digits, of, next := readNumber(items, i)
	if next == i {
		return quantity{}, i
	}
	q := quantity{value: v, digits: digits, of: of}
	if of != count {
		return q, next
	}
	return unitOf(q, items, next)
}

// readClock reads "noon", "half eight", "half past eight", "ten past nine" and "quarter to six".
func readClock(items []text.Item, i int) (quantity, int) {
	w := items[i].Text
	if v, ok := clocks[w]; ok {
		return quantity{value: v, of: clock}, i + 1
	}
	at := func(k int) string {
		if k < len(items) {
			return items[k].Text
		}
		return ""
	}
	m, k := units[w], i+2
	switch {
	case w == "half":
		if m = 30; at(i+1) != "past" {
			k = i + 1
		}
	case w == "quarter" && (at(i+1) == "past" || at(i+1) == "to"):
		m = 15
		if at(i+1) == "to" {
			m = -15
		}
	case at(i+1) == "past" && m >= 5 && m <= 25 && math.Mod(m, 5) == 0:
	default:
		return quantity{}, i
	}
	h := units[at(k)]
	if h < 1 || h > 12 || h != math.Trunc(h) || at(k) == "dozen" {
		return quantity{}, i
	}
	return quantity{value: h*60 + m, of: clock}, k + 1
}

// readFraction reads "two thirds", "a tenth of", "six in ten" and "4 out of 5" as a percentage.
func readFraction(items []text.Item, i int) (quantity, int) {
	var n float64
	switch it := &items[i]; {
	case it.Text == "a":
		n = 1
	case it.Kind == text.Number:
		n, _, _ = parseNumber(it.Text)
	default:
		n = units[it.Text]
	}
	same := func(k int) bool { return k < len(items) && items[k].Sentence == items[i].Sentence }
	if !(n >= 1 && n < 20) || n != math.Trunc(n) || !same(i+1) {
		return quantity{}, i
	}
	share := func(of, digits float64, next int) (quantity, int) {
		if n > of {
			return quantity{}, i
		}
		return quantity{value: 100 * n / of, digits: digits, of: percent}, next
	}
	w := items[i+1].Text
	if of := parts[w]; of > 0 && items[i].Kind != text.Number {
		if strings.HasSuffix(w, "s") || n == 1 && (!same(i+2) || afterPart[items[i+2].Text]) && w != "half" {
			return share(of, 5, i+2)
		}
		return quantity{}, i
	}
	k := i + 1
	switch {
	case w == "in":
		k++
	case w == "out" && same(i+2) && items[i+2].Text == "of":
		k += 2
	default:
		return quantity{}, i
	}
	if !same(k) || same(k+1) && spans[items[k+1].Text] > 0 { // "three in two weeks"
		return quantity{}, i
	}
	of := units[items[k].Text]
	if items[k].Kind == text.Number {
		of, _, _ = parseNumber(items[k].Text)
	}
	switch of {
	case 3, 4, 5, 6, 7, 8, 9, 10, 12, 20, 100:
		return share(of, min(10, 100/of), k+1)
	}
	return quantity{}, i
}

// perOf is how many days the sum of money that ends before item i is for ("a year", "per month", "for the whole year", "monthly"), 0 where that
// is not said, and the item behind it.
func perOf(items []text.Item, i int) (days float64, next int) {
	const reach = 4
	for k := i; k < min(i+reach, len(items)) && items[k].Sentence == items[i-1].Sentence; k++ {
		w := items[k].Text
		switch d := max(spans[w], rhythms[w]); {
		case d >= 7 && (rhythms[w] > 0 || k > i):
			return d, k + 1
		case w == "pa":
			return spans["year"], k + 1
		case w == "pcm":
			return spans["month"], k + 1
		}
		switch w {
		case "a", "per", "every", "each", "the", "for", "whole", "full":
		default:
			return 0, i
		}
	}
	return 0, i
}

// unitOf finds out what the number that ends before item i counts.
func unitOf(q quantity, items []text.Item, i int) (quantity, int) {
	same := func(k int) bool { return k < len(items) && items[k].Sentence == items[i-1].Sentence }
	if !same(i) {
		return yearOr(q), i
	}
	w := items[i].Text
	switch {
	case pounds[w]:
		q.of = money
		if same(i+1) && w != "grand" { // three pound ten
			if p := units[items[i+1].Text]; p >= 10 && p == math.Trunc(p) && !pounds[items[i+1].Text] && (!same(i+2) || spans[items[i+2].Text] == 0) {
				q.value += p / 100
				return q, i + 2
			}
		}
		return q, i + 1
	case w == "per" && same(i+1) && (items[i+1].Text == "cent"):
		q.of = percent
		return q, i + 2
	case w == "percent" || w == "pc":
		q.of = percent
		return q, i + 1
	case months[w] > 0 && q.value <= 31:
		q.of, q.value = date, months[w]*100+q.value
		return q, i + 1
	case w == "of" && same(i+1) && months[items[i+1].Text] > 0 && q.value <= 31: // the 7th of May
		q.of, q.value = date, months[items[i+1].Text]*100+q.value
		return q, i + 2
	case w == "and" && same(i+3) && items[i+1].Text == "a" && items[i+2].Text == "half" && (spans[items[i+3].Text] > 0 || scales[items[i+3].Text] > 0):
		q.value += 0.5
		i += 3
		if s := scales[items[i].Text]; s > 0 {
			q.value, q.digits = q.value*s, s/10
			return q, i + 1
		}
		q.of, q.value = span, q.value*spans[items[i].Text]
		return q, i + 1
	case spans[w] > 0:
		q.of, q.value = span, q.value*spans[w]
		return q, i + 1
	case (w == "working" || w == "whole" || w == "full" || w == "extra") && same(i+1) && spans[items[i+1].Text] > 0:
		d := spans[items[i+1].Text]
		q.of, q.value = span, q.value*d
		switch {
		case w == "working" && d == 1:
			q.or = q.value * 7 / 5
		case w == "working" && d == 7:
			q.or = q.value * 5 / 7
		}
		return q, i + 2
	case (w == "am" || w == "pm" || w == "oclock") && q.value <= 12:
		q.of, q.value = clock, hours(q.value, w)
		return q, i + 1
	case w == "at" && same(i+1) && items[i+1].Text == "night" && q.value <= 12:
		q.of, q.value = clock, hours(q.value, "pm")
		return q, i + 2
	case w == "in" && same(i+2) && items[i+1].Text == "the" && q.value <= 12:
		switch items[i+2].Text {
		case "morning":
			q.of, q.value = clock, hours(q.value, "am")
			return q, i + 3
		case "afternoon", "evening":
			q.of, q.value = clock, hours(q.value, "pm")
			return q, i + 3
		}
	}
	if q.value >= 1990 && q.value <= 2100 && q.value == math.Trunc(q.value) {
		return yearOr(q), i
	}
	n := 0
	for k := i; k < i+unitWords+1 && n < unitWords && same(k); k++ {
		if t := items[k].Text; items[k].Kind == text.Word && roles[t]&stops == 0 {
			q.units[n] = term(t)
			n++
		}
	}
	return q, i
}

func yearOr(q quantity) quantity {
	if q.value >= 1990 && q.value <= 2100 && q.value == math.Trunc(q.value) {
		q.of = year
	}
	return q
}

func hours(v float64, half string) float64 {
	h, m := math.Trunc(v), math.Round((v-math.Trunc(v))*100)
	if half == "pm" && h < 12 {
		h += 12
	}
	if half == "am" && h == 12 {
		h = 0
	}
	return h*60 + m
}

// readEvery reads "every three weeks", "every third week", "every week", "every other week".
func readEvery(items []text.Item, i int) (quantity, int) {
	k, n := i+1, 1.0
	if k < len(items) {
		if v, ok := ordinals[items[k].Text]; ok {
			n = v
			k++
		} else if v, _, of, next := readNumber(items, k); next > k && of == count {
			n = v
			k = next
		}
	}
	if k < len(items) && spans[items[k].Text] > 0 && items[k].Sentence == items[i].Sentence {
		return quantity{value: n * spans[items[k].Text], of: rhythm}, k + 1
	}
	return quantity{}, i
}

var ordinals = map[string]float64{"other": 2, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "single": 1}

// readNumber reads digits or number words at item i; of is set when the number itself says what it counts.
func readNumber(items []text.Item, i int) (v, digits float64, of measure, next int) {
	it := &items[i]
	if it.Kind == text.Number {
		v, digits, of = parseNumber(it.Text)
		if math.IsNaN(v) {
			return 0, 0, count, i
		}
		next = i + 1
		if s, ok := scaleAt(items, next); ok && (of == count || of == money) {
			v, digits = v*s, digits*s
			if items[next].Text == "grand" {
				of = money
			}
			next++
		}
		return v, digits, of, next
	}
	u, ok := units[it.Text]
	if !ok && it.Text != "a" && it.Text != "hundred" && it.Text != "thousand" {
		return 0, 0, count, i
	}
	if it.Text == "a" {
		if i+1 >= len(items) {
			return 0, 0, count, i
		}
		n := items[i+1].Text
		if n != "hundred" && n != "thousand" && n != "million" && n != "grand" && n != "tenner" && n != "fiver" && n != "third" && n != "quarter" && n != "fortnight" && n != "dozen" && n != "couple" {
			return 0, 0, count, i
		}
		if n == "fortnight" {
			return 14, 0, span, i + 2
		}
		if uu, ok := units[n]; ok {
			return wordNumber(items, i, i+2, n, uu)
		}
		return wordNumber(items, i, i+1, "", 1)
	}
	if !ok { // "hundred" and "thousand" without a number before them
		return wordNumber(items, i, i, "", 1)
	}
	if it.Text == "one" && (i+1 >= len(items) || scales[items[i+1].Text] == 0 && spans[items[i+1].Text] == 0) {
		return 0, 0, count, i // "one" is mostly a pronoun
	}
	return wordNumber(items, i, i+1, it.Text, u)
}

// wordNumber goes on, from item k, with a number that began at item start with the word first of value v: "fifty eight", "two hundred
// and six thousand".
func wordNumber(items []text.Item, start, k int, first string, v float64) (value, digits float64, of measure, next int) {
	total, part := 0.0, v
	of = count
	switch first {
	case "tenner", "fiver":
		of = money
	case "half", "quarter", "third":
		if k < len(items) && (items[k].Text == "of" || items[k].Text == "the") {
			return v * 100, 5, percent, k
		}
		return 0, 0, count, start
	}
	for k < len(items) && items[k].Sentence == items[start].Sentence {
		w := items[k].Text
		if s, ok := scales[w]; ok && len(w) > 1 {
			if s == 100 {
				part *= 100
			} else {
				total += part * s
				part = 0
				if w == "grand" {
					of = money
				}
			}
			k++
			continue
		}
		if u, ok := units[w]; ok && u >= 1 && u < part && (part >= 20 || part == 0) && w != "couple" {
			part += u
			k++
			continue
		}
		if w == "and" && k+2 < len(items) && items[k+1].Text == "a" && items[k+2].Text == "half" {
			part += 0.5
			k += 3
			continue
		}
		if w == "and" && k+1 < len(items) && part >= 100 {
			if u, ok := units[items[k+1].Text]; ok && u >= 1 {
				part += u
				k += 2
				continue
			}
		}
		break
	}
	digits = 1
	if n := total + part; n >= 1000 {
		digits = 100
	}
	return total + part, digits, of, k
}

func scaleAt(items []text.Item, i int) (float64, bool) {
	if i >= len(items) || len(items[i].Text) < 2 {
		return 0, false
	}
	s, ok := scales[items[i].Text]
	return s, ok
}

// parseNumber reads a number token; a token that is none gives NaN.
func parseNumber(s string) (v, digits float64, of measure) {
	of = count
	for _, sign := range []string{"£", "€", "$"} {
		if t, ok := strings.CutPrefix(s, sign); ok {
			s, of = strings.TrimSpace(t), money
		}
	}
	i := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != ',' && r != '.' && r != ':' && r != '/' })
	suffix := ""
	if i >= 0 {
		s, suffix = s[:i], s[i:]
	}
	if strings.Contains(s, "/") { // 2025/26
		s, _, _ = strings.Cut(s, "/")
	}
	if h, m, ok := strings.Cut(s, ":"); ok {
		hv, err1 := strconv.ParseFloat(h, 64)
		mv, err2 := strconv.ParseFloat(m, 64)
		if err1 != nil || err2 != nil {
			return math.NaN(), 0, count
		}
		return hours(hv+mv/100, suffix), 1, clock
	}
	s = strings.ReplaceAll(s, ",", "")
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN(), 0, count
	}
	digits = 1
	if _, frac, ok := strings.Cut(s, "."); ok {
		digits = math.Pow(10, -float64(len(frac)))
	} else {
		for digits < v && math.Mod(v, digits*10) == 0 && digits < 1e9 {
			digits *= 10
		}
	}
	if k, ok := scales[suffix]; ok {
		return v * k, digits * k, of
	}
	switch suffix {
	case "%", "pc", "percent":
		return v, digits, percent
	case "p":
		return v / 100, digits / 100, money
	case "quid":
		return v, digits, money
	case "am", "pm":
		return hours(v, suffix), 1, clock
	}
	if d, ok := spans[suffix]; ok {
		return v * d, digits * d, span
	}
	return v, digits, of
}

// agrees reports whether the text's q may be the fact's f, given how exactly it was said.
func (q *quantity) agrees(f *quantity) bool {
	if q.per != f.per && q.per > 0 && f.per > 0 { // "£3.50 a month" for £42 a year
		year := spans["year"]
		return math.Abs(q.value*year/q.per-f.value*year/f.per) <= 0.05*f.value*year/f.per
	}
	if q.of == month && f.of == date {
		return q.value == math.Trunc(f.value/100)
	}
	if q.of == date && f.of == month {
		return math.Trunc(q.value/100) == f.value
	}
	if q.or > 0 && q.or == f.value || f.or > 0 && q.value == f.or {
		return true
	}
	if q.value == f.value || q.of == clock && math.Mod(q.value, 720) == math.Mod(f.value, 720) {
		return true
	}
	switch q.of {
	case date, month, year, clock:
		return false
	}
	near := 0.015
	if q.of == percent {
		near = 0.04
	}
	if q.about || f.about {
		near = 0.12
	}
	if f.value != 0 && math.Abs(q.value-f.value)/math.Abs(f.value) <= near {
		return true
	}
	if q.over && q.value < f.value && q.value >= f.value*0.75 || q.under && q.value > f.value && q.value <= f.value*1.25 {
		return true
	}
	// "£3,000" for £3,027 and "2.9 million" for 2,914,000: rounded to the digit given
	return q.digits > 1 && math.Abs(q.value-f.value) <= q.digits/2 && q.digits <= math.Abs(f.value)/5
}

// sum is a sum of money in digits: £6.80, £50,000.
func (q *quantity) sum() string {
	if q.value < 1000 && q.value != math.Trunc(q.value) {
		return "£" + strconv.FormatFloat(q.value, 'f', 2, 64)
	}
	s := strconv.FormatFloat(q.value, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return "£" + s
}

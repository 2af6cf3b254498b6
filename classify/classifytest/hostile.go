package classifytest

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"earshot/classify"
	"earshot/sources"
)

// Everyday are ordinary texts of several kinds.
var Everyday = map[string]string{
	"complaint": "Brown bin missed again, third time this month. Reported it twice and nobody has been back @council",
	"thanks":    "Big thank you to the crew this morning, they waited while my mum got the bin out ❤️",
	"question":  "Does anyone know when the tip opens on Sunday?",
	"threat":    "I know what time he finishes. Bringing a bat on Friday night, let's see how he likes it",
	"abuse":     "the planning officers are thick lazy scum, every one of them",
	"trolling":  "like if the mayor smells, comment OINK if you agree 🐷🐷🐷",
	"welsh":     "Mae'r bin heb ei gasglu eto, pryd mae rhywun yn dod?",
	"ocr":       "Most relevant\nGwen P. 3h\nstill no bins collectedon our street\nLike Reply 3h",
	"odd marks": "sc*m the l0t of th3m ＦＵＬＬ　ＷＩＤＴＨ i d i o t s",
}

// Hostile are texts made to break parsers.
var Hostile = map[string]string{
	"empty":            "",
	"space":            " \t\n\r ",
	"one letter":       strings.Repeat("a", 40<<10),
	"letters apart":    strings.Repeat("a ", 20<<10),
	"letters dotted":   strings.Repeat("a.", 20<<10),
	"emoji":            strings.Repeat("😂", 10_000),
	"family emoji":     strings.Repeat("👩‍👩‍👧‍👦", 2_000),
	"mixed scripts":    strings.Repeat("аdmіn Ωмега 漢字 עברית العربية हिन्दी ", 400),
	"zero width":       strings.Repeat("b\u200bi\u200cn\u200d\ufeff", 4_000),
	"right to left":    strings.Repeat("\u202ebin\u202c \u2067مرحبا\u2069 ", 2_000),
	"base64":           base64.StdEncoding.EncodeToString([]byte(strings.Repeat("the quick brown fox\x00\xff", 1_500))),
	"base64 line":      "see " + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("you scum", 3_000))) + " now",
	"turned round":     strings.Repeat("\u202emucs\u202c ", 3_000),
	"turned, no end":   strings.Repeat("\u202e", 5_000) + strings.Repeat("abc ", 3_000),
	"circled":          strings.Repeat("ⓢⓒⓤⓜ", 3_000),
	"hidden ends":      strings.Repeat("f*** ", 5_000) + strings.Repeat("f**", 5_000),
	"signs first":      strings.Repeat("@$!", 10_000) + strings.Repeat("@rse$hoot", 2_000),
	"pictures between": strings.Repeat("id🤡", 5_000) + strings.Repeat("p🐷gs", 5_000),
	"marks between":    strings.Repeat("arse_hole_", 4_000),
	"two alphabets":    strings.Repeat("ѕсυм τωaτ ", 2_000),
	"drawn out":        strings.Repeat("kkiiilllleeerrr", 3_000),
	"combining":        "z" + strings.Repeat("\u0301", 20_000),
	"not UTF-8":        strings.Repeat("bin\xff\xfe\xc3\x28\xed\xa0\x80 ", 2_000),
	"nul":              strings.Repeat("\x00", 10_000),
	"marks":            strings.Repeat("!@#$%^&*()_+-=[]{}|;':\",./<>?", 1_000),
	"stars":            "f" + strings.Repeat("*", 30_000) + "k",
	"apostrophes":      strings.Repeat("'", 30_000),
	"hash":             strings.Repeat("#", 30_000),
	"at":               strings.Repeat("@", 30_000) + strings.Repeat("@a", 10_000),
	"digits":           strings.Repeat("9", 40_000),
	"money":            strings.Repeat("£1,", 10_000),
	"numbers":          strings.Repeat("£58 4.99% 2025/26 8.30am ", 1_500),
	"quotes":           strings.Repeat("\"a\" ", 10_000),
	"lines":            strings.Repeat("Like Reply 3h\n", 3_000),
	"newlines":         strings.Repeat("\n", 40_000),
	"address":          "https://" + strings.Repeat("a/", 20_000),
	"one word, dashes": strings.Repeat("a-", 20_000),
	"threats":          strings.Repeat("I will kill him tonight with a knife and burn the house down ", 700),
	"you idiot":        strings.Repeat("you idiot ", 4_000),
	"names":            strings.Repeat("Karen from the desk ", 2_000),
	"full width":       strings.Repeat("ＦＵＬＬ", 5_000),
	"maths letters":    strings.Repeat("𝓼𝓬𝓾𝓶 ", 4_000),
	"ligature":         strings.Repeat("ﷺ", 5_000),
}

func hostileMentions() []sources.Mention {
	var out []sources.Mention
	for name, s := range Hostile {
		out = append(out, Mention(name, s))
	}
	return out
}

// slowest is far above what any text above may take on a slow and busy machine; it is there to catch what is not linear.
const slowest = 5 * time.Second

func hostile(t *testing.T, c classify.Classifier) {
	for name, s := range Hostile {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			vs, err := c.Classify(t.Context(), []sources.Mention{Mention(name, s)})
			if err != nil || len(vs) != 1 {
				t.Fatalf("%d verdicts, %v", len(vs), err)
			}
			if took := time.Since(start); took > slowest {
				t.Errorf("took %v for %d bytes", took, len(s))
			}
		})
	}
}

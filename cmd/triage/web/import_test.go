package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"earshot/casework"

	"github.com/xuri/excelize/v2"
)

const export = "Post ID,Date,Author,Message,Permalink\n" +
	"1,20/11/2026 08:15,Jo,\"Thank you, \"\"fixed\"\" at last\",https://www.example.org/1\n" +
	"2,yesterday,Jo,no date,\n" +
	"3,20/11/2026 08:17,Jo,<script>alert(1)</script>,javascript:alert(1)\n"

// handIn sends the form of the import page.
func handIn(t *testing.T, b *browser, do, name, content string, set ...string) *answer {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fields := map[string]string{"form_token": b.token(), "do": do, "platform": "Facebook", "column-text": "Message", "column-id": "Post ID", "column-created_at": "Date",
		"column-author-name": "Author", "column-permalink": "Permalink"}
	for i := 0; i < len(set); i += 2 {
		fields[set[i]] = set[i+1]
	}
	for k, v := range fields {
		if err := form.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if name != "" {
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := b.request(http.MethodPost, "/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

func TestAnExportIsHandedIn(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Comms)
	res := handIn(t, b, "look", "export.csv", export)
	if said := res.find("#result"); res.status != http.StatusOK || w.taken != 0 || !strings.Contains(said, "Row 3: Field \"Date\": the date is not in a known form") ||
		res.doc().Find("#result .ear-words").Length() != 2 || res.doc().Find("#result script, #result a[href^=javascript]").Length() > 0 {
		t.Errorf("a look = %d, %d taken: %s", res.status, w.taken, said)
	}
	if len(w.table.All("mapping/")) > 0 {
		t.Error("a look is remembered")
	}
	res = handIn(t, b, "import", "export.csv", export)
	if said := res.find("#result"); w.taken != 2 || !strings.Contains(said, "2 mentions were handed in") || !strings.Contains(said, "1 row was left out") {
		t.Errorf("handing it in = %d, %d taken: %s", res.status, w.taken, said)
	}
	if w.recs["facebook:1"] == nil || w.recs["facebook:1"].Mention.Text != `Thank you, "fixed" at last` {
		t.Errorf("the record has %+v", w.recs["facebook:1"])
	}
	if again := b.get("/import?platform=facebook"); again.doc().Find("#column-text").AttrOr("value", "") != "Message" || b.get("/import").doc().Find(`main a[href="/import?platform=facebook"]`).Length() != 1 {
		t.Error("the columns are not remembered for the next time")
	}

	book := excelize.NewFile()
	for cell, v := range map[string]string{"A1": "Message", "B1": "Post ID", "A2": "from a workbook", "B2": "9"} {
		if err := book.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	var xlsx bytes.Buffer
	if err := book.Write(&xlsx); err != nil {
		t.Fatal(err)
	}
	res = handIn(t, b, "import", "export.xlsx", xlsx.String(), "column-created_at", "", "column-author-name", "", "column-permalink", "")
	if res.status != http.StatusOK || w.recs["facebook:9"] == nil {
		t.Errorf("a workbook = %d %s", res.status, res.text())
	}
}

func TestWhatCannotBeHandedInIsToldInASentence(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Admin)
	for name, c := range map[string]struct {
		file, content string
		set           []string
		want          string
	}{
		"no file":     {"", "", nil, "Choose a file first."},
		"no column":   {"e.csv", export, []string{"column-text", "Words"}, `The file has no column "Words", to which text is mapped; its columns are Post ID, Date, Author, Message, Permalink.`},
		"no platform": {"e.csv", export, []string{"platform", ""}, "needs the name of its platform"},
		"dates":       {"e.csv", export, []string{"dates", "sometimes"}, "write the form of a whole date"},
		"no workbook": {"e.xlsx", "PK\x03\x04broken", nil, "save it as CSV"},
	} {
		res := handIn(t, b, "import", c.file, c.content, c.set...)
		if res.status != http.StatusUnprocessableEntity || !strings.Contains(res.find("#problem"), c.want) {
			t.Errorf("%s = %d %s", name, res.status, res.find("#problem"))
		}
	}
	if w.taken != 0 {
		t.Errorf("%d mentions were taken", w.taken)
	}
}

package youtube

import "slices"

// unread says that a video's comments were never read here.
const unread = -1

// maxWatched bounds the videos whose numbers are asked for, 50 in one request.
const maxWatched = 1000

// watched are the videos whose comments are read, in the order in which they were found, with how many comments each had then.
type watched struct {
	ids []string
	n   map[string]int64
}

func (w *watched) add(id string) {
	if _, ok := w.n[id]; ok || id == "" {
		return
	}
	if w.n == nil {
		w.n = map[string]int64{}
	}
	if len(w.ids) == maxWatched {
		w.drop(w.ids[0])
	}
	w.ids, w.n[id] = append(w.ids, id), unread
}

func (w *watched) drop(id string) {
	delete(w.n, id)
	w.ids = slices.DeleteFunc(w.ids, func(s string) bool { return s == id })
}

func (w *watched) from(at int) []string {
	at = min(at, len(w.ids))
	return slices.Clone(w.ids[at:min(at+batch, len(w.ids))])
}

func (w *watched) comments(id string) int64 { return w.n[id] }

func (w *watched) read(id string, n int64) {
	if _, ok := w.n[id]; ok {
		w.n[id] = n
	}
}

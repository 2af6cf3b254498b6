package quality

import "earshot/classify"

// Band is what became of the scores of one label in one span of scores.
type Band struct {
	From, To float64 // of the score; the last band includes To
	N        int     // answers
	Said     float64 // mean score, weighted
	Found    float64 // share in which a person gave the label, weighted
}

// bands of a calibration table.
const bands = 5

// Calibration sorts every score of l into bands of equal width, empty ones included. The scores are honest where Said and Found agree.
func Calibration(items []Item, l classify.Label) []Band {
	out, weight := make([]Band, bands), make([]float64, bands)
	for i := range out {
		out[i].From, out[i].To = float64(i)/bands, float64(i+1)/bands
	}
	for i := range items {
		x := &items[i]
		score, ok := x.Judged.Scores[l]
		if !ok {
			continue
		}
		k := min(int(score*bands), bands-1)
		b := &out[k]
		b.N++
		b.Said += x.Weight * score
		weight[k] += x.Weight
		if x.Is(l) {
			b.Found += x.Weight
		}
	}
	for k := range out {
		if out[k].N > 0 {
			out[k].Said, out[k].Found = out[k].Said/weight[k], out[k].Found/weight[k]
		}
	}
	return out
}

package risk_test

import (
	"testing"

	"earshot/classify"
	"earshot/classify/lexicon"
	"earshot/classify/risk"
	"earshot/classify/text"
)

// signals reads texts by all rules.
func signals(t *testing.T) func(s string) []risk.Signal {
	t.Helper()
	b, err := lexicon.Compile(map[string]string{"risk": risk.Rules, "languages": risk.Languages})
	if err != nil {
		t.Fatal(err)
	}
	r := b.Reader()
	return func(s string) []risk.Signal {
		items := text.Parse(s).Items(nil, nil)
		out := risk.Signals(r.Read(items), nil)
		for _, x := range out {
			if x.To > len(items) || x.From >= x.To || x.Why == "" || x.Rule == "" {
				t.Errorf("%q: %+v", s, x)
			}
		}
		return out
	}
}

// sure keeps the risks of the rules that are enough by themselves.
func sure(in []risk.Signal) (out []classify.Risk) {
	for _, x := range in {
		if x.Sure {
			out = append(out, x.Risk)
		}
	}
	return out
}

// TestRules shows for each risk what its rules see and what they let pass. A rule is evidence, so the second half holds only idiom
// that must not even be that.
func TestRules(t *testing.T) {
	read := signals(t)
	see := func(s string) map[classify.Risk]bool {
		out := map[classify.Risk]bool{}
		for _, x := range read(s) {
			out[x.Risk] = true
		}
		return out
	}
	for s, want := range map[string]classify.Risk{
		"I'll batter the warden if he comes back":                              classify.Threat,
		"bring bricks on Saturday":                                             classify.Threat,
		"be a shame if something happened to her":                              classify.Threat,
		"somebody should burn the office down":                                 classify.Threat,
		"I want to end it all":                                                 classify.SelfHarm,
		"he has left a note and gone":                                          classify.SelfHarm,
		"the kids would be better off without me":                              classify.SelfHarm,
		"the little boy has bruises on his arms":                               classify.Safeguarding,
		"the carer has taken her bank card":                                    classify.Safeguarding,
		"toddler left alone all night":                                         classify.Safeguarding,
		"strong smell of gas in the hall":                                      classify.Emergency,
		"there is a man in the river":                                          classify.Emergency,
		"the wall has collapsed":                                               classify.Emergency,
		"wires hanging and sparking by the school":                             classify.Emergency,
		"Someone is going to leave in an ambulance, he is leaving in a coffin": classify.Threat,
	} {
		if got := see(s); !got[want] {
			t.Errorf("%q shows %v, not %s", s, got, want)
		}
	}
	for _, s := range []string{
		"Bins were late again this week", "Lovely day at the library", "bring a cricket bat to the park fun day", "The kitchen wall art show is on the shelf",
		"When is the brown bin due?", "I hate the new website", "The leader should resign over this budget",
	} {
		if got := see(s); len(got) > 0 {
			t.Errorf("%q shows %v", s, got)
		}
	}
}

// TestSureRules shows which words are enough by themselves, and that talk is not.
func TestSureRules(t *testing.T) {
	read := signals(t)
	for _, s := range []string{
		"I will kill the bin man tomorrow", "somebody shoot the mayor", "i'm gonna stab that warden", "Someone should hang the planners",
	} {
		if len(sure(read(s))) == 0 {
			t.Errorf("%q is not enough", s)
		}
	}
	for _, s := range []string{
		"I'll kill for a parking space", "Someone will shoot the mayor's portrait next week", "the officer was killed in 1916",
		"I'd kill the engine if I were the driver", "this queue will kill me", "if they fine me again I'll kill the driver laughing",
	} {
		if len(sure(read(s))) > 0 {
			t.Errorf("%q is taken for a threat outright", s)
		}
	}
}

// TestOtherLanguages shows sentences of each risk in each language that has rules, and harmless ones beside them: idiom, advice and news.
func TestOtherLanguages(t *testing.T) {
	read := signals(t)
	for s, want := range map[string]classify.Risk{
		"Nie chcę już żyć, przepraszam was":            classify.SelfHarm,
		"Chyba skończę ze sobą dziś w nocy":            classify.SelfHarm,
		"Nu mai vreau să trăiesc, iertați-mă":          classify.SelfHarm,
		"Dwi ddim eisiau byw mwyach":                   classify.SelfHarm,
		"Ab jeene ka dil nahi karta":                   classify.SelfHarm,
		"Já não quero viver assim":                     classify.SelfHarm,
		"No quiero seguir viviendo":                    classify.SelfHarm,
		"Non voglio più vivere":                        classify.SelfHarm,
		"Wiem, gdzie mieszka ten urzędnik":             classify.Threat,
		"Știu unde stă doamna de la parcare":           classify.Threat,
		"Usko jaan se maar dunga":                      classify.Threat,
		"Sei onde mora o fiscal":                       classify.Threat,
		"Sé dónde vive el inspector":                   classify.Threat,
		"So dove abita quel vigile":                    classify.Threat,
		"Sąsiad bije żonę, słychać przez ścianę":       classify.Safeguarding,
		"Vecinul își bate copilul în fiecare seară":    classify.Safeguarding,
		"Wo apni biwi ko maarta hai":                   classify.Safeguarding,
		"O vizinho bate nos filhos":                    classify.Safeguarding,
		"El vecino pega a sus hijos":                   classify.Safeguarding,
		"Il vicino picchia i figli":                    classify.Safeguarding,
		"Pożar w bloku, dym na schodach":               classify.Emergency,
		"A luat foc acoperișul, sunt copii sus":        classify.Emergency,
		"Mae'n llosgi, ffoniwch rywun":                 classify.Emergency,
		"Ghar mein aag lag gayi hai":                   classify.Emergency,
		"Cheira a gás na escada toda":                  classify.Emergency,
		"Huele a gas en el portal":                     classify.Emergency,
		"Puzza di gas per le scale":                    classify.Emergency,
		"Będzie wam lepiej beze mnie":                  classify.SelfHarm,
		"Jeszcze jeden mandat i połamię mu nogi":       classify.Threat,
		"Dacă ne dau afară îmi pun capăt zilelor":      classify.SelfHarm,
		"Vecina lasă copiii singuri toată noaptea":     classify.Safeguarding,
		"Dwi'n gwybod lle mae o'n byw, geith o weld":   classify.Threat,
		"Mae'r dyn drws nesa yn curo ei blant":         classify.Safeguarding,
		"Kal tak jawab nahi aaya to suicide kar lungi": classify.SelfHarm,
		"Je aya te vadd deyange":                       classify.Threat,
		"Vou partir-lhe a cara a esse fiscal":          classify.Threat,
		"Está uma senhora idosa caída no caminho":      classify.Emergency,
		"No tengo ganas de vivir, de verdad":           classify.SelfHarm,
		"Le voy a partir las piernas al inspector":     classify.Threat,
		"Ho deciso di farla finita, perdonatemi":       classify.SelfHarm,
		"C'è un incendio al terzo piano":               classify.Emergency,
		"Od wczoraj czuć gaz na klatce":                classify.Emergency,
	} {
		if got := sure(read(s)); len(got) != 1 || got[0] != want {
			t.Errorf("%q shows %v, not %s", s, got, want)
		}
	}
	for _, s := range []string{
		"Trzeci tydzień nie zabrali śmieci, dzwonię do urzędu i nic", "Mulțumesc primăriei că a reparat trotuarul", "Oes rhywun yn gwybod pryd mae'r bin?",
		"Teen hafte se council wale kachra nahi utha rahe", "Alguém sabe a que horas abre a biblioteca?", "¿Dónde se pide el permiso de aparcamiento?",
		"Wczoraj był pożar w hali, nikomu nic się nie stało", "Grazie alla biblioteca, corso bellissimo", "There's a pothole outside number 4", "Suicide prevention week at the library",
		"Nie chcę umrzeć w kolejce do lekarza", "Ktoś się w końcu zabije na tych schodach", "Nie widzę już sensu się odwoływać",
		"Nu vreau să mor în accident la trecerea asta", "Aduceți baterii vechi la bibliotecă", "Orașul se îneacă în gunoaie",
		"Mae'r cyngor yn anymwybodol o'r broblem", "Oes rhywun yn gwybod lle mae o'n byw?", "Mae'n llosgi gwastraff pawb yn y sir",
		"Kal park mein jhadu maar denge", "Petrol ke daam mein aag lag gayi", "Bachche nu kutte ne wadd leya park vich",
		"Não quero viver no meio do lixo", "A câmara não responde aos emails", "Por fim, a vida no bairro melhorou",
		"No quiero morir atropellado en ese cruce", "Un coche lo mató hace años en esa esquina", "Este ayuntamiento maltrata a los vecinos",
		"È ora di farla finita con i parcheggi selvaggi", "Non so dove abita il sindaco", "Ieri incendio in via Roma, nessun ferito",
	} {
		if got := sure(read(s)); len(got) > 0 {
			t.Errorf("%q shows %v", s, got)
		}
	}
}

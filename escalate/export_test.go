package escalate

// FailState makes state.db's writes fail as fn says; nil never fails.
func (d *Dispatcher) FailState(fn func(op string) error) { d.store.fail = fn }

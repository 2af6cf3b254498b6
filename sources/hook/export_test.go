package hook

// AtOnce is shown to tests.
const AtOnce = atOnce

//go:build race

package powerloss

// defaultCuts are fewer, since everything is several times slower.
const defaultCuts = 1

//go:build !race

package powerloss

const defaultCuts = 3

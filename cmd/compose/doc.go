// Package compose holds the tests of docker-compose.yml: that it names every part, that the programs accept its environment, and that
// they do their work under it on the engines of `make test-engines`.
package compose

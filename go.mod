module github.com/molecule-ai/liveness

go 1.25.0

require (
	github.com/hashicorp/golang-lru/v2 v2.0.7 // indirect
	golang.org/x/sys v0.45.0 // indirect
)

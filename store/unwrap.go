package store

// As finds a capability, such as [Lister], on the store or on the one it wraps,
// outermost first.
//
// A store that wraps another has a method Unwrap() LivenessStore. It keeps
// the capabilities of the wrapped store without repeating them; one that changes
// ids, or which workspaces are online, must implement the capabilities itself or leave
// Unwrap out.
func As[C any](s LivenessStore) (C, bool) {
	for {
		if c, ok := s.(C); ok {
			return c, true
		}
		w, ok := s.(interface{ Unwrap() LivenessStore })
		if !ok {
			var none C
			return none, false
		}
		s = w.Unwrap()
	}
}

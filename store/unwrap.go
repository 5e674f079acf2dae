package store

// As finds a capability, such as [Lister], on the store or on what it wraps,
// outermost first.
//
// A store that wraps another has a method Unwrap() LivenessStore. It keeps
// the capabilities of what it wraps without repeating them; one that changes
// ids, or what is online, must implement the capabilities itself or leave
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

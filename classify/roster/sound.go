package roster

// sound writes into dst how a folded name sounds, roughly: its consonants, those that sound alike as one, so that "haig" is "hague" and
// "kadir" is "qadeer". A name that begins with a vowel begins with "a".
func sound(dst []byte, s string) []byte {
	from := len(dst)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			if i == 0 {
				dst = append(dst, 'a')
			}
			continue
		case 'h':
			if i > 0 {
				continue
			}
		case 'c':
			c = 'k'
			if i+1 < len(s) && (s[i+1] == 'e' || s[i+1] == 'i' || s[i+1] == 'y') {
				c = 's'
			}
		case 'g':
			if i+1 < len(s) && s[i+1] == 'h' && i > 0 {
				continue
			}
		case 'p':
			if i+1 < len(s) && s[i+1] == 'h' {
				c = 'f'
			}
		case 'q':
			c = 'k'
		case 'z':
			c = 's'
		case 'w':
			c = 'v'
		}
		if n := len(dst); n == from || dst[n-1] != c {
			dst = append(dst, c)
		}
	}
	return dst
}

// spoken is the key under which a first name and a surname stand by their sound; nil where one of them is too short to tell.
func spoken(dst []byte, first, last string) []byte {
	const least = 2 // consonants of the surname
	if len(first) < 3 || len(last) < 3 || len(first) > maxName || len(last) > maxName {
		return nil
	}
	dst = append(sound(dst[:0], first), ' ')
	n := len(dst)
	if dst = sound(dst, last); len(dst)-n < least {
		return nil
	}
	return dst
}

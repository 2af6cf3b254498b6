package text

// emojiWords says in a word or two what people mean by an emoji, for readers that know words only. Those not listed say nothing.
var emojiWords = map[string]string{
	"😂": "laughing", "🤣": "laughing", "😭": "crying", "😢": "crying", "🥲": "crying", "😅": "nervous laugh", "😆": "laughing", "😀": "smile", "😃": "smile", "😄": "smile",
	"🙂": "smile", "😊": "smile", "☺": "smile", "🥰": "love", "😍": "love", "❤": "love", "💙": "love", "💚": "love", "💛": "love", "🧡": "love", "💜": "love", "🖤": "love", "💕": "love",
	"😘": "kiss", "💔": "broken heart", "🙏": "please thanks", "👍": "thumbs up", "👎": "thumbs down", "👏": "clap", "🙌": "hooray", "👌": "ok", "🎉": "party", "🥳": "party",
	"😡": "angry", "😠": "angry", "🤬": "swearing", "😤": "angry", "🤮": "vomit", "🤢": "sick", "😷": "ill", "💀": "dead", "☠": "dead", "🪦": "grave", "⚰": "coffin", "🔪": "knife",
	"🔫": "gun", "💣": "bomb", "🔥": "fire", "👊": "punch", "🥊": "punch", "🪓": "axe", "🩸": "blood", "🤡": "clown", "🎪": "circus", "🐷": "pig", "🐖": "pig", "🐀": "rat", "🐁": "rat", "🐍": "snake",
	"🐑": "sheep", "🐒": "monkey", "🙈": "monkey", "🐵": "monkey", "🦍": "gorilla", "🐔": "chicken", "🫏": "donkey", "🪱": "worm", "🦭": "seal", "🪳": "cockroach", "🐌": "snail",
	"💩": "poo", "🗑": "bin", "♻": "recycling", "👀": "eyes", "🍿": "popcorn", "🙄": "eye roll", "😒": "unamused", "😏": "smirk", "😈": "devil", "🤔": "thinking", "🤨": "doubt", "🤷": "shrug",
	"🤦": "facepalm", "😱": "scream", "😳": "shocked", "😬": "grimace", "🙃": "ironic smile", "🫡": "salute", "🥱": "yawn", "😴": "asleep", "💤": "asleep", "🧌": "troll", "🚨": "alarm", "⚠": "warning",
	"❗": "!", "❓": "?", "‼": "!", "⁉": "?", "✅": "yes", "✔": "yes", "❌": "no", "🚫": "no", "💯": "absolutely", "💷": "money", "💰": "money", "💸": "money", "🤑": "money", "🗳": "vote",
	"⭐": "star", "★": "star", "☆": "no star", "📞": "telephone", "😔": "sad", "😞": "sad", "☹": "sad", "🙁": "sad", "😩": "weary", "😫": "weary", "🥺": "pleading", "🥹": "moved", "🤞": "fingers crossed",
	"💪": "strong", "🖕": "insult", "😵": "dizzy", "🤯": "stunned", "🥶": "cold", "🥵": "hot", "🏴": "flag", "🌈": "rainbow", "😇": "angel", "👋": "wave", "💅": "nails", "🎻": "violin", "🤥": "liar", "🐸": "frog",
}

// EmojiWord is what an emoji means, or empty.
func EmojiWord(s string) string { return emojiWords[s] }

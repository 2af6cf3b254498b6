// Package tiktok reads, through the TikTok API for Business v1.3, what concerns the council's own account: videos and comments that mention it, videos with its
// registered hashtags (the newest 1,000 of each), and comments on its own newest videos. There is no search.
//
// The cursor is a watermark on the time of publication, one for all lists; TikTok's cursor pages within one sweep. IDs are "tiktok:" and the number of the video or
// comment. A reply to a comment older than the watermark is not found. Every answer is HTTP 200; code says what it is: 40100 wait, 40102 and 40105 the
// token, 40001 a permission, 40002 a parameter, the rest passes (the numbers are (unverified), and so are max_count of the own videos' lists
// and the longest number_of_days).
//
// TikTok marks neither edits nor deletions: what is held is compared with the lists, as far back as they reach; a reply that
// is no longer listed is not judged. The body of its webhook is not known, so
// that nothing is pushed. An access token lasts about a day and a refresh token a year (unverified). Pictures of people are not kept.
package tiktok

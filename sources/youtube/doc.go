// Package youtube reads public comments and finds videos (YouTube Data API v3): the comments under a council's own channel, videos found by
// words and their comments, new videos of channels that are followed and their comments.
//
// One sweep asks for the threads of the own channels, the uploads of the followed ones, at most once an hour for videos by words (searching has
// its own 100 requests a day; four pages an hour are 96), then for the numbers of every video of the last 14 days, and for comments only where
// the number of comments changed. The cursor is a watermark on the time of publication; 48 hours before it are read again, since search is late
// and edits keep their time. Page tokens, and which videos are watched, live in memory: a new process finds the videos again, and hands over once
// more what stands under those of 14 days. A video just found, and the comments under it, are placed by when it was found.
// A page of threads may hold an old one between new ones (unverified): reading stops at a page that is old as a whole.
//
// Options: query, channel, follow, comments, callback. Keys: api_key; hub_secret is made here. With callback, YouTube's hub pushes new videos of
// followed channels and of changes to their titles, unsigned pushes are refused, and the subscription is renewed daily (a lease lasts 5 to 10
// days, unverified). That a hub tells of a deleted video by at:deleted-entry is (unverified), and so is that the list of a channel's uploads is
// named as the channel with UU for UC.
//
// Terms: what is kept for more than 30 days must be asked for again (Developer Policies III.E.4, unverified); it is asked for weekly, 50 at a time.
// The quota starts again at midnight in California. How many ids one question about comments takes is (unverified); 50 are asked for, as for videos.
package youtube

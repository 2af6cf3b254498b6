// Package meta is what Facebook Pages, Instagram and Threads share, because one company answers for all three by one Graph API: how it is
// asked (Client), how it says wait and stop, how its lists are paged (List) and read one after another in one sweep (Round), how what was taken
// in is asked about again (Again), and how it pushes (Hook).
//
// A refusal is judged by the code in its body, never by its HTTP status: throttling comes as 400, 403 or even 200. Codes 4, 17, 32, 613 and
// 80000 to 80014 mean wait, 190 means that the token is dead, 10 and 200 to 299 that a permission is missing, 100 with subcode 33 that the object is
// gone or may not be seen, 1 and 2 try again. Of the range from 80000 only 80001 (Pages) is certain; 80002 (Instagram) and the others are (unverified).
// X-App-Usage and X-Business-Use-Case-Usage say in percent how much of the quota is used: from 75 on requests are spaced out, from 95 on
// none is sent for a while; estimated_time_to_regain_access, in minutes, is obeyed. That graph.threads.net sends them is (unverified).
//
// The token goes into the query, as the reference shows it, and so never into an error or a log; with the app secret an appsecret_proof goes
// beside it (unverified, long-standing). Of paging.next only its presence is used, since the address holds the token.
package meta

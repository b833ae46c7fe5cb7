/*
** The one place where the version stands. The rockspecs and the change log
** repeat it because their formats ask for it; a spec compares them with this.
*/
#ifndef GCT_VERSION_H
#define GCT_VERSION_H

#define GCT_VERSION "0.1.0"

#endif

/*
** The version. The rockspecs and the change log have to repeat it; a spec
** compares them with this.
*/
#ifndef GCT_VERSION_H
#define GCT_VERSION_H

#define GCT_VERSION "0.1.0"

#endif

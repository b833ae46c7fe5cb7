/*
** Keeps every function but luaopen_gctokens_core out of the dynamic symbol
** table. It is done in the source because LuaRocks' builtin build cannot pass
** -fvisibility=hidden.
*/
#ifndef GCT_VISIBILITY_H
#define GCT_VISIBILITY_H

#if defined(__GNUC__)
#define GCT_INTERNAL __attribute__((visibility("hidden")))
#else
#define GCT_INTERNAL
#endif

#endif

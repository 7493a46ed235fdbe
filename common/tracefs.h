/* tracefs, where the kernel describes its tracepoints. */
#ifndef FAIRPORT_TRACEFS_H
#define FAIRPORT_TRACEFS_H

/*
 * Sees to it that tracefs can be read by this process and its later children: where it is not
 * mounted, it is mounted in a mount namespace of their own, so that nothing is left behind. 0 or
 * -errno (-EPERM without CAP_SYS_ADMIN, -EACCES where only others may read it).
 */
int tracefs_prepare(void);

#endif

/*
 * Files that come with the programs, found from where the running program stands: both in build/
 * (build/bin, build/share/fairport) and installed (PREFIX/bin, PREFIX/share/fairport).
 */
#ifndef FAIRPORT_DATADIR_H
#define FAIRPORT_DATADIR_H

#include <stddef.h>

/*
 * The path of data file NAME ("plots/x.gp"), whether it exists or not. 0, -errno where the
 * program's own place cannot be read, or -ENAMETOOLONG.
 */
int datadir_path(char *buffer, size_t size, const char *name);

/* The path of program NAME ("fairport-fake") beside the running one. Errors as above. */
int datadir_program(char *buffer, size_t size, const char *name);

#endif

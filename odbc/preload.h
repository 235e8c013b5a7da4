/* What a process that collectors are forked from loads once for all of them. */
#pragma once

/* Loads the driver, a name of odbcinst.ini or a library's path, if that can be done without harm: a copy of
 * this process loads it first, and must not crash, take more than 3 s or be left with threads of the
 * driver's. Connects nowhere. A driver that is not loaded here is loaded by each collector that needs it. */
void preload_driver(const char *driver);

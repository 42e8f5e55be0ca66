/* lane.h - who reads the store and the index on which lane (backend.h): one thread a lane. */
#ifndef STAGE_LANE_H
#define STAGE_LANE_H

enum {
    LANE_WRITER = 0, /* and who opens the instance, before there are threads */
    LANE_RELAY = 1,
    LANE_PROJECTION = 2,
    LANE_TAIL = 3,
    LANE_READER = 4 /* the first of the readers */
};

#endif

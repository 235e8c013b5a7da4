/* Jobs that wait for their turn in a role, as they came: thousands of them must not take much. First come,
 * first served. */
#pragma once

#include "audit/frame.h"

struct waiting_frame;

struct frame_queue {
    struct waiting_frame *first, *last; /* all zero to begin with */
};

/* Takes all whole frames out of the buffer. False when nothing further can be read from that stream. */
bool frame_queue_fill(struct frame_queue *queue, struct frame_buffer *buffer);

/* The next frame, whose payload belongs to the caller (frame_clear); false when none waits. */
bool frame_queue_next(struct frame_queue *queue, struct frame *frame);

/* Drops all that wait. */
void frame_queue_clear(struct frame_queue *queue);

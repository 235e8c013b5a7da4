#include "audit/frame_queue.h"
#include "audit/model/memory.h"

#include <stdlib.h>

struct waiting_frame {
    struct waiting_frame *next;
    struct frame frame;
};

bool frame_queue_fill(struct frame_queue *queue, struct frame_buffer *buffer)
{
    struct frame frame;
    enum frame_result result;
    while ((result = frame_buffer_next(buffer, &frame)) == FRAME_OK) {
        struct waiting_frame *waiting = memory_new(1, sizeof(*waiting));
        waiting->frame = frame;
        *(queue->last ? &queue->last->next : &queue->first) = waiting;
        queue->last = waiting;
    }
    return result != FRAME_BAD;
}

bool frame_queue_next(struct frame_queue *queue, struct frame *frame)
{
    struct waiting_frame *waiting = queue->first;
    if (!waiting)
        return false;
    *frame = waiting->frame;
    queue->first = waiting->next;
    if (!queue->first)
        queue->last = NULL;
    free(waiting);
    return true;
}

void frame_queue_clear(struct frame_queue *queue)
{
    struct frame frame;
    while (frame_queue_next(queue, &frame))
        frame_clear(&frame);
}

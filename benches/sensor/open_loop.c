/* open_loop ITERATIONS PATH: opens and closes PATH again and again, then prints the seconds that
 * took and the CPU seconds. Linked statically, so that it runs in an image without libraries. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 3)
        return 2;
    long iterations = atol(arguments[1]);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < iterations; i++) {
        int fd = open(arguments[2], O_RDONLY);
        if (fd < 0) {
            perror(arguments[2]);
            return 1;
        }
        close(fd);
    }
    printf("%.6f %.6f\n", seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    return 0;
}

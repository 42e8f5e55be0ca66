/* test_sim.c - the simulation itself: a seed is the same run every time, and a violation says how to see it again. What
 * it finds in the library is for ./dev test sim and ./dev sim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define OUTPUT_SIZE 4096

/* Runs a command and returns its status; what it printed is cut to fit. */
static int run(const char *command, char output[OUTPUT_SIZE])
{
    FILE *pipe = popen(command, "r");
    size_t len;
    int status;

    assert_non_null(pipe);
    len = fread(output, 1, OUTPUT_SIZE - 1, pipe);
    output[len] = '\0';
    while (fgetc(pipe) != EOF) {
    }
    status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run_seed(int seed, char output[OUTPUT_SIZE])
{
    char command[300];

    snprintf(command, sizeof(command), "%s --seed %d --hash", SIM, seed);
    return run(command, output);
}

static void a_seed_is_the_same_run_every_time(void **state)
{
    char first[OUTPUT_SIZE];
    char second[OUTPUT_SIZE];

    (void)state;
    for (int seed = 1; seed <= 20; seed++) {
        assert_int_equal(run_seed(seed, first), 0);
        assert_int_equal(run_seed(seed, second), 0);
        assert_string_equal(first, second);
    }
}

static void seeds_are_different_runs(void **state)
{
    char first[OUTPUT_SIZE];
    char second[OUTPUT_SIZE];

    (void)state;
    assert_int_equal(run_seed(1, first), 0);
    assert_int_equal(run_seed(2, second), 0);
    assert_non_null(strstr(first, "hash "));
    assert_non_null(strstr(second, "hash "));
    assert_string_not_equal(strstr(first, "hash "), strstr(second, "hash "));
}

/* Cuts the printed command out of what a run has printed. */
static char *replay_of(char *output)
{
    char *command = strstr(output, "\nreplay: ");

    assert_non_null(command);
    command += strlen("\nreplay: ");
    command[strcspn(command, "\n")] = '\0';
    return command;
}

static void a_violation_prints_the_command_that_replays_it(void **state)
{
    char output[OUTPUT_SIZE];
    char again[OUTPUT_SIZE];
    char command[OUTPUT_SIZE + 20];
    const char *replay;

    (void)state;
    assert_int_equal(run(SIM_MUTANT " --seeds 2000", output), 1);
    replay = replay_of(output);
    snprintf(command, sizeof(command), "%s --hash", replay);
    assert_int_equal(run(command, again), 3);
    assert_string_equal(replay_of(again), replay);
    assert_memory_equal(again, output, strcspn(output, "\n"));
}

static void a_program_that_expects_a_violation_fails_without_one(void **state)
{
    char output[OUTPUT_SIZE];

    (void)state;
    assert_int_equal(run(SIM " --seeds 3 --expect-violation", output), 1);
    assert_int_equal(run(SIM_MUTANT " --seeds 2000 --expect-violation", output), 0);
}

static void a_hundred_seeds_have_no_violation(void **state)
{
    char output[OUTPUT_SIZE];

    (void)state;
    if (run(SIM " --seeds 100 --jobs 2", output) != 0) {
        fail_msg("%s", output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_is_the_same_run_every_time),
        cmocka_unit_test(seeds_are_different_runs),
        cmocka_unit_test(a_violation_prints_the_command_that_replays_it),
        cmocka_unit_test(a_program_that_expects_a_violation_fails_without_one),
        cmocka_unit_test(a_hundred_seeds_have_no_violation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

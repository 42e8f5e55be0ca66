/* answers.h - what the answer to a command says must be so. */
#ifndef TESTS_SIM_ANSWERS_H
#define TESTS_SIM_ANSWERS_H

#include <meower/meower.h>

struct world;
struct attempt;

/* Ends the attempt with its answer. Fails the run unless that agrees with what is committed. */
void answers_check(struct world *world, struct attempt *attempt, const meower_command_result *result);

#endif

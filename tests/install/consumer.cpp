// consumer.cpp - a program outside, in C++17: a namespace of the library's name, handles in unique_ptr, options in a map,
// a backend's table by backend.h.
#include <cstdio>
#include <map>
#include <memory>
#include <meower/backend.h>
#include <meower/meower.h>
#include <stdexcept>
#include <string>

namespace meower
{

struct closer {
    void operator()(meower_feed *feed) const { meower_close(feed, 1000, nullptr); }
    void operator()(meower_command *command) const { meower_command_close(command); }
    void operator()(meower_query *query) const { meower_query_close(query); }
    void operator()(meower_page *page) const { meower_page_free(page); }
    void operator()(meower_options *options) const { meower_options_free(options); }
};

template <typename T> using handle = std::unique_ptr<T, closer>;

void check(int status, const meower_error &error)
{
    if (status != MEOWER_OK)
        throw std::runtime_error(error.message);
}

handle<meower_feed> open_feed(const std::map<std::string, std::string> &settings)
{
    meower_error error{};
    meower_options *options = nullptr;
    check(meower_options_new(&options, &error), error);
    handle<meower_options> owned(options);
    for (const auto &[name, value] : settings)
        check(meower_options_set(options, name.c_str(), value.c_str(), &error), error);
    meower_feed *feed = nullptr;
    check(meower_open(options, &feed, &error), error);
    return handle<meower_feed>(feed);
}

} // namespace meower

int main()
{
    meower_error error{};
    auto feed = meower::open_feed({{"store", "memory:"}, {"threads", "1"}});
    meower_command *command = nullptr;
    meower::check(meower_command_open(feed.get(), &command, &error), error);
    meower::handle<meower_command> owned_command(command);
    const std::string body = "hello from C++";
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower::check(meower_command_post(command, body.data(), body.size(), nullptr, 1000, &posted, &error), error);

    meower_query *query = nullptr;
    meower::check(meower_query_open(feed.get(), &query, &error), error);
    meower::handle<meower_query> owned_query(query);
    meower_list list = MEOWER_LIST_INIT;
    meower_page *page = nullptr;
    meower::check(meower_query_list(query, &list, 1000, &page, &error), error);
    meower::handle<meower_page> owned_page(page);
    return meower_page_count(page) == 1 && meower_page_meow(page, 0)->body == body && MEOWER_BACKEND_ABI == 4 ? 0 : 1;
}

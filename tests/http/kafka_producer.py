"""A foreign producer for Kafka: one message, with librdkafka by ctypes (its C API: rdkafka.h)."""

import ctypes

_PRODUCER, _COPY, _CONF_OK, _NO_ERROR = 0, 2, 0, 0
_ANY_PARTITION = -1
FLUSH_MS = 15_000


def _library():
    library = ctypes.CDLL("librdkafka.so.1")
    for name, result, arguments in (
            ("rd_kafka_conf_new", ctypes.c_void_p, []),
            ("rd_kafka_conf_set", ctypes.c_int,
             [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]),
            ("rd_kafka_new", ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]),
            ("rd_kafka_topic_new", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]),
            ("rd_kafka_produce", ctypes.c_int,
             [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
              ctypes.c_size_t, ctypes.c_void_p]),
            ("rd_kafka_flush", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int]),
            ("rd_kafka_topic_destroy", None, [ctypes.c_void_p]),
            ("rd_kafka_destroy", None, [ctypes.c_void_p])):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def publish(brokers, topic, payload):
    """Returns when the broker has the message."""
    kafka = _library()
    words = ctypes.create_string_buffer(500)
    conf = kafka.rd_kafka_conf_new()
    assert kafka.rd_kafka_conf_set(conf, b"bootstrap.servers", brokers.encode(), words, 500) == _CONF_OK, words.value
    producer = kafka.rd_kafka_new(_PRODUCER, conf, words, 500)
    assert producer, words.value
    handle = kafka.rd_kafka_topic_new(producer, topic.encode(), None)
    assert kafka.rd_kafka_produce(handle, _ANY_PARTITION, _COPY, payload, len(payload), None, 0, None) == 0
    assert kafka.rd_kafka_flush(producer, FLUSH_MS) == _NO_ERROR, "the broker did not take it"
    kafka.rd_kafka_topic_destroy(handle)
    kafka.rd_kafka_destroy(producer)

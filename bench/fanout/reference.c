/*
 * The yardstick of the fan-out bench: what one core can do when nothing but the kernel costs. One channel, one
 * thread, epoll, and the batching of the outbox: all frames that a subscriber has not got yet go in one send(), and a
 * turn of the loop serves a slice of the subscribers, then reads input. Frames are in one log; each subscriber has a
 * position in it. It accepts `/` as a subscriber and `/sender` as a sender, and knows just enough of
 * WebSocket for the load client of this bench: it is no server to use.
 *
 * usage: reference PORT; prints `ready`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Before it serves anybody it reads on for so long while input keeps coming, as the outbox does. */
enum { SETTLE_US = 500 };
enum { MAX_SOCKETS = 20000, MAX_EVENTS = 512, MAX_IN = 65536, MAX_BACKLOG = 1 << 20, SLICE = 256, LOG = 64 << 20 };

struct peer {
  int fd;
  bool open, subscribed;
  char *in;
  size_t in_length;
  char *backlog; /* what the kernel did not take */
  size_t backlog_length;
  size_t position; /* in the log: all before it was sent */
};

static struct peer *peers[MAX_SOCKETS];
static int peer_count, dead_count, epoll_fd;
static char *log_bytes;
static size_t log_length;
static int next_peer, clean_peers; /* the next to serve; how many in a row had nothing to get */
static unsigned long long next_id = 1000000;

static void *grow(void *block, size_t size) {
  block = realloc(block, size);
  if (block == NULL) exit(1);
  return block;
}

static void watch(struct peer *peer, int operation) {
  struct epoll_event event = {.events = EPOLLIN | (peer->backlog_length > 0 ? EPOLLOUT : 0), .data.ptr = peer};
  epoll_ctl(epoll_fd, operation, peer->fd, &event);
}

static void drop(struct peer *peer) {
  if (peer->fd < 0) return;
  close(peer->fd);
  peer->fd = -1;
  peer->open = peer->subscribed = false;
  dead_count++;
}

/* Lets go of those that were dropped, once no event in hand names them. */
static void bury(void) {
  int kept = 0;
  for (int i = 0; i < peer_count; i++) {
    struct peer *peer = peers[i];
    if (peer->fd >= 0) { peers[kept++] = peer; continue; }
    free(peer->in);
    free(peer->backlog);
    free(peer);
  }
  peer_count = kept;
  next_peer = dead_count = clean_peers = 0;
}

static void put(struct peer *peer, const char *data, size_t length) {
  size_t done = 0;
  if (peer->backlog_length == 0) {
    ssize_t n = send(peer->fd, data, length, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return drop(peer);
    if (n > 0) done = n;
  }
  if (done == length) return;
  if (peer->backlog_length + length - done > MAX_BACKLOG) return drop(peer);
  peer->backlog = grow(peer->backlog, peer->backlog_length + length - done);
  memcpy(peer->backlog + peer->backlog_length, data + done, length - done);
  peer->backlog_length += length - done;
  watch(peer, EPOLL_CTL_MOD);
}

static void put_backlog(struct peer *peer) {
  ssize_t n = send(peer->fd, peer->backlog, peer->backlog_length, MSG_NOSIGNAL);
  if (n < 0) { if (errno != EAGAIN) drop(peer); return; }
  memmove(peer->backlog, peer->backlog + n, peer->backlog_length -= n);
  if (peer->backlog_length == 0) watch(peer, EPOLL_CTL_MOD);
}

/* Moves what somebody still has to get to the start of the log. */
static void forget_sent(void) {
  size_t least = log_length;
  for (int i = 0; i < peer_count; i++)
    if (peers[i]->subscribed && peers[i]->position < least) least = peers[i]->position;
  if (least == 0) {
    fprintf(stderr, "reference: a subscriber is %d MiB behind\n", LOG >> 20);
    exit(2);
  }
  memmove(log_bytes, log_bytes + least, log_length -= least);
  for (int i = 0; i < peer_count; i++) peers[i]->position -= peers[i]->position < least ? peers[i]->position : least;
}

static void serve_slice(void) {
  for (int served = 0; served < SLICE && clean_peers < peer_count;) {
    struct peer *peer = peers[next_peer];
    next_peer = (next_peer + 1) % peer_count;
    clean_peers++;
    if (!peer->subscribed || peer->position == log_length) continue;
    put(peer, log_bytes + peer->position, log_length - peer->position);
    peer->position = log_length;
    served++;
  }
}

/* A client text becomes a message frame at the end of the log. */
static void on_message(const char *payload, size_t length) {
  static const char field[] = "\"text\":\"";
  const char *text = memmem(payload, length, field, sizeof field - 1);
  if (text == NULL) return;
  text += sizeof field - 1;
  const char *end = memchr(text, '"', payload + length - text);
  if (end == NULL) return;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  char json[MAX_IN + 256];
  int size = sprintf(json, "{\"type\":\"message\",\"id\":\"m%llu\",\"room\":\"general\",\"user\":\"alice\",\"ts\":%lld,\"text\":\"%.*s\"}",
                     next_id++, time.tv_sec * 1000ll + time.tv_nsec / 1000000, (int)(end - text), text);
  if (log_length + size + 4 > LOG) forget_sent();
  log_bytes[log_length++] = (char)0x81;
  if (size < 126) {
    log_bytes[log_length++] = size;
  } else {
    log_bytes[log_length++] = 126;
    log_bytes[log_length++] = size >> 8;
    log_bytes[log_length++] = size & 255;
  }
  memcpy(log_bytes + log_length, json, size);
  log_length += size;
  clean_peers = 0;
}

static void on_upgrade(struct peer *peer, char *end) {
  static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"; /* for the client's fixed key */
  peer->open = true;
  peer->subscribed = memmem(peer->in, end - peer->in, "GET /sender ", 12) == NULL;
  size_t used = end + 4 - peer->in;
  memmove(peer->in, peer->in + used, peer->in_length -= used);
  put(peer, answer, sizeof answer - 1);
}

static void on_frames(struct peer *peer) {
  size_t used = 0;
  while (peer->in_length - used >= 6) {
    unsigned char *p = (unsigned char *)peer->in + used;
    size_t header = 6, length = p[1] & 127;
    if (length == 127) return drop(peer);
    if (length == 126) header = 8, length = p[2] << 8 | p[3];
    if (peer->in_length - used < header + length) break;
    for (size_t i = 0; i < length; i++) p[header + i] ^= p[header - 4 + (i & 3)];
    if ((p[0] & 15) == 1) on_message((char *)p + header, length);
    used += header + length;
  }
  memmove(peer->in, peer->in + used, peer->in_length -= used);
}

static void on_input(struct peer *peer) {
  ssize_t n = recv(peer->fd, peer->in + peer->in_length, MAX_IN - peer->in_length, 0);
  if (n <= 0) { if (n == 0 || errno != EAGAIN) drop(peer); return; }
  peer->in_length += n;
  if (!peer->open) {
    char *end = memmem(peer->in, peer->in_length, "\r\n\r\n", 4);
    if (end != NULL) on_upgrade(peer, end);
  }
  if (peer->open) on_frames(peer);
}

static void accept_all(int listener) {
  int fd, one = 1;
  while (peer_count < MAX_SOCKETS && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct peer *peer = peers[peer_count++] = calloc(1, sizeof *peer);
    peer->fd = fd;
    peer->in = grow(NULL, MAX_IN);
    peer->position = log_length;
    watch(peer, EPOLL_CTL_ADD);
  }
}

static long long now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000ll + time.tv_nsec / 1000;
}

int main(int count, char **arguments) {
  long long settle_until_us = 0;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(arguments[1]) : 0)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) return perror("reference"), 1;
  epoll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[MAX_EVENTS];
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  log_bytes = grow(NULL, LOG);
  puts("ready");
  fflush(stdout);
  for (;;) {
    int was_clean = clean_peers >= peer_count;
    int n = epoll_wait(epoll_fd, events, MAX_EVENTS, clean_peers < peer_count ? 0 : -1);
    for (int i = 0; i < n; i++) {
      struct peer *peer = events[i].data.ptr;
      if (peer == NULL) { accept_all(listener); continue; }
      if (events[i].events & EPOLLOUT && peer->fd >= 0 && peer->backlog_length > 0) put_backlog(peer);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && peer->fd >= 0) on_input(peer);
    }
    if (dead_count > 0) bury();
    if (was_clean) settle_until_us = now_us() + SETTLE_US;
    if (n > 0 && now_us() < settle_until_us) continue;
    settle_until_us = 0;
    serve_slice();
  }
}

using System.Globalization;
using Cmud.Replication;
using Cmud.Silo.Resp;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Each command: its reply, a wrong number of arguments, and its bounds. The time is 1767225600 seconds after 1970.</summary>
public sealed class RespCommandTests
{
    private readonly RespTalk _talk = new();

    [Theory]
    [InlineData("SET k v EX 5; TTL k; PTTL k; GET k", "+OK :5 :5000 $1 v")]
    [InlineData("set k v px 1500; TTL k; PTTL k", "+OK :2 :1500")]
    [InlineData("SET k v EXAT 1767225610; TTL k", "+OK :10")]
    [InlineData("SET k v PXAT 1767225600001; PTTL k", "+OK :1")]
    [InlineData("SET k v; SET k w EXAT 1767225600; GET k", "+OK +OK $-1")]
    [InlineData("SET k v EX 5; SET k w; TTL k", "+OK +OK :-1")]
    [InlineData("SET k v EX 315360000; TTL k", "+OK :315360000")]
    [InlineData("SET k v EX 315360001", "-ERR The time to live is 315360001000 ms but must be 1 ms to 3,650 days; leave it out for a value that stays.")]
    [InlineData("SET k v EX 9223372036854775807", "-ERR The time to live is 461168601842738 ms but must be 1 ms to 3,650 days; leave it out for a value that stays.")]
    [InlineData("SET k v EX 0; SET k v PX -1; SET k v EXAT 0; GET k", "-ERR invalid expire time in 'set' command -ERR invalid expire time in 'set' command -ERR invalid expire time in 'set' command $-1")]
    [InlineData("SET k v EX soon; SET k v EX 1.5; SET k v EX 9223372036854775808", "-ERR value is not an integer or out of range -ERR value is not an integer or out of range -ERR value is not an integer or out of range")]
    [InlineData("SET k v EX", "-ERR syntax error; use SET key value [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds]")]
    [InlineData("SET k v EX 5 PX 5", "-ERR syntax error; use SET key value [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds]")]
    [InlineData("SET k v NX; GET k", "-ERR SET with NX is not supported: servers take writes without asking each other, so none knows what the key holds elsewhere and the last writer wins; give every writer a key of its own, or GET first where a guess will do $-1")]
    [InlineData("SET k v EX 5 XX", "-ERR SET with XX is not supported: servers take writes without asking each other, so none knows what the key holds elsewhere and the last writer wins; give every writer a key of its own, or GET first where a guess will do")]
    [InlineData("SET k v KEEPTTL", "-ERR SET with KEEPTTL is not supported: a SET replaces value and expiry; ask PTTL and give PX")]
    [InlineData("SET k v GET", "-ERR SET with GET is not supported: another server may have set the key meanwhile; GET first where a guess will do")]
    [InlineData("SETEX k 5 v; TTL k; SETEX k 0 v; SETEX k v", "+OK :5 -ERR invalid expire time in 'setex' command -ERR wrong number of arguments for 'setex' command")]
    [InlineData("PSETEX k 5 v; PTTL k; PSETEX k x v", "+OK :5 -ERR value is not an integer or out of range")]
    public async Task Set_takes_an_expiry(string commands, string replies) => Assert.Equal(replies, await Say(commands));

    [Fact]
    public async Task What_expired_is_absent_to_every_command()
    {
        await Say("SET k v PX 1000; SET l v");

        _talk.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("$-1 :-2 :-2 :0 +none :0 :0 :0 :0 *1 $1 l :1", await Say("GET k; TTL k; PTTL k; EXISTS k; TYPE k; STRLEN k; DEL k; EXPIRE k 5; PERSIST k; KEYS *; DBSIZE"));
    }

    [Theory]
    [InlineData("MSET a 1 b 2; MGET b absent a b", "+OK *4 $1 2 $-1 $1 1 $1 2")]
    [InlineData("HELLO 3; MGET absent", "*1 _")]
    [InlineData("MSET a 1 a 2; GET a", "+OK $1 2")]
    [InlineData("MSET a 1 b; MGET a", "-ERR wrong number of arguments for 'mset' command *1 $-1")]
    [InlineData("MSET a 1 \"\" 2; MGET a", "-ERR The key is empty; a key has 1 to 1,024 bytes of UTF-8. *1 $-1")]
    [InlineData("MSET a 1 b \"\\xff\"; MGET a b", "-ERR The value is not valid UTF-8; encode binary data as text (base64, say). *2 $-1 $-1")]
    [InlineData("MSET; MGET; MSET a", "-ERR wrong number of arguments for 'mset' command -ERR wrong number of arguments for 'mget' command -ERR wrong number of arguments for 'mset' command")]
    [InlineData("MGET a \"\"", "-ERR The key is empty; a key has 1 to 1,024 bytes of UTF-8.")]
    public async Task Many_keys_are_one_command(string commands, string replies) => Assert.Equal(replies, Tail(commands, await Say(commands)));

    [Theory]
    [InlineData("MSET a 1 b 2; DEL a absent b a; EXISTS a b", "+OK :2 :0")]
    [InlineData("SET a 1; UNLINK a; GET a", "+OK :1 $-1")]
    [InlineData("SET a 1; EXISTS a a absent", "+OK :2")]
    [InlineData("SET a 1; TYPE a; TYPE absent; STRLEN a; STRLEN absent", "+OK +string +none :1 :0")]
    [InlineData("SET a 1; DEL a \"\"; GET a", "+OK -ERR The key is empty; a key has 1 to 1,024 bytes of UTF-8. $1 1")]
    [InlineData("DEL; UNLINK; EXISTS", "-ERR wrong number of arguments for 'del' command -ERR wrong number of arguments for 'unlink' command -ERR wrong number of arguments for 'exists' command")]
    [InlineData("TYPE; TYPE a b; STRLEN; STRLEN a b", "-ERR wrong number of arguments for 'type' command -ERR wrong number of arguments for 'type' command -ERR wrong number of arguments for 'strlen' command -ERR wrong number of arguments for 'strlen' command")]
    [InlineData("TTL; TTL a b; PTTL; PTTL a b", "-ERR wrong number of arguments for 'ttl' command -ERR wrong number of arguments for 'ttl' command -ERR wrong number of arguments for 'pttl' command -ERR wrong number of arguments for 'pttl' command")]
    public async Task Keys_are_looked_for_and_deleted(string commands, string replies) => Assert.Equal(replies, await Say(commands));

    [Theory]
    [InlineData("SET k v; EXPIRE k 7; TTL k; GET k", "+OK :1 :7 $1 v")]
    [InlineData("SET k v; PEXPIRE k 7; PTTL k", "+OK :1 :7")]
    [InlineData("SET k v; EXPIREAT k 1767225607; TTL k", "+OK :1 :7")]
    [InlineData("SET k v; PEXPIREAT k 1767225600007; PTTL k", "+OK :1 :7")]
    [InlineData("SET k v EX 7; PERSIST k; TTL k; PERSIST k; PERSIST absent", "+OK :1 :-1 :0 :0")]
    [InlineData("EXPIRE absent 7; EXISTS absent", ":0 :0")]
    [InlineData("SET k v; EXPIRE k 0; EXISTS k", "+OK :1 :0")]
    [InlineData("SET k v; EXPIRE k -9223372036854775808; EXISTS k", "+OK :1 :0")]
    [InlineData("SET k v; EXPIREAT k 5; EXISTS k", "+OK :1 :0")]
    [InlineData("SET k v; EXPIRE k x; EXPIRE k 315360001; TTL k", "+OK -ERR value is not an integer or out of range -ERR The time to live is 315360001000 ms but must be 1 ms to 3,650 days; leave it out for a value that stays. :-1")]
    [InlineData("EXPIRE k 7 NX", "-ERR EXPIRE takes no conditions: servers take writes without asking each other, so none knows what the key holds elsewhere; ask PTTL first where a guess will do")]
    [InlineData("EXPIRE \"\" 7; PERSIST \"\"", "-ERR The key is empty; a key has 1 to 1,024 bytes of UTF-8. -ERR The key is empty; a key has 1 to 1,024 bytes of UTF-8.")]
    [InlineData("EXPIRE k; PEXPIRE k 1 NX XX; EXPIREAT k; PEXPIREAT; PERSIST", "-ERR wrong number of arguments for 'expire' command -ERR wrong number of arguments for 'pexpire' command -ERR wrong number of arguments for 'expireat' command -ERR wrong number of arguments for 'pexpireat' command -ERR wrong number of arguments for 'persist' command")]
    public async Task An_expiry_is_changed_by_writing_the_value_again(string commands, string replies) => Assert.Equal(replies, await Say(commands));

    [Theory]
    [InlineData("KEYS k/*", "*3 $3 k/1 $3 k/2 $3 k/3")]
    [InlineData("KEYS *; KEYS **", "*4 $3 k/1 $3 k/2 $3 k/3 $2 l* *4 $3 k/1 $3 k/2 $3 k/3 $2 l*")]
    [InlineData("KEYS k/2; KEYS k; KEYS l\\*; KEYS l\\**", "*1 $3 k/2 *0 *1 $2 l* *1 $2 l*")]
    [InlineData("KEYS *2", "-ERR the pattern '*2' is more than a prefix: keys are found by their beginning only; use prefix* (a backslash before * ? [ and \\ where they are meant), or CMUD.LIST prefix")]
    [InlineData("KEYS k?1; KEYS [k]*", "-ERR the pattern 'k?1' is more than a prefix: keys are found by their beginning only; use prefix* (a backslash before * ? [ and \\ where they are meant), or CMUD.LIST prefix -ERR the pattern '[k]*' is more than a prefix: keys are found by their beginning only; use prefix* (a backslash before * ? [ and \\ where they are meant), or CMUD.LIST prefix")]
    [InlineData("KEYS \"\\xff\"; KEYS; KEYS a b", "-ERR The prefix '\uFFFD' is not valid UTF-8; encode binary data as text (base64, say). -ERR wrong number of arguments for 'keys' command -ERR wrong number of arguments for 'keys' command")]
    [InlineData("DBSIZE; DBSIZE x", ":4 -ERR wrong number of arguments for 'dbsize' command")]
    [InlineData("SCAN 0", "*2 $1 0 *4 $3 k/1 $3 k/2 $3 k/3 $2 l*")]
    [InlineData("SCAN 0 MATCH k/* COUNT 2; SCAN 1 MATCH k/* COUNT 2", "*2 $1 1 *2 $3 k/1 $3 k/2 *2 $1 0 *1 $3 k/3")]
    [InlineData("scan 0 count 3 match k/*", "*2 $1 0 *3 $3 k/1 $3 k/2 $3 k/3")]
    [InlineData("SCAN 0 MATCH k/2; SCAN 0 MATCH k", "*2 $1 0 *1 $3 k/2 *2 $1 0 *0")]
    [InlineData("SCAN 0 COUNT 1; SCAN 1 COUNT 1; SCAN 2 COUNT 1; SCAN 3 COUNT 1", "*2 $1 1 *1 $3 k/1 *2 $1 2 *1 $3 k/2 *2 $1 3 *1 $3 k/3 *2 $1 0 *1 $2 l*")]
    [InlineData("SCAN 0 COUNT 1 TYPE string; SCAN 0 TYPE hash", "*2 $1 1 *1 $3 k/1 *2 $1 0 *0")]
    [InlineData("SCAN 1", "-ERR the cursor 1 is not one that this connection was given last, or 16 newer scans took its place; begin again with 0, or use CMUD.LIST prefix AFTER key")]
    [InlineData("SCAN x; SCAN -1", "-ERR invalid cursor -ERR invalid cursor")]
    [InlineData("SCAN 0 COUNT 0; SCAN 0 COUNT x", "-ERR COUNT must be a number above 0 -ERR COUNT must be a number above 0")]
    [InlineData("SCAN; SCAN 0 MATCH; SCAN 0 SIZE 1", "-ERR wrong number of arguments for 'scan' command -ERR syntax error; use SCAN cursor [MATCH prefix*] [COUNT n] [TYPE string] -ERR syntax error; use SCAN cursor [MATCH prefix*] [COUNT n] [TYPE string]")]
    public async Task Keys_are_found_by_their_beginning(string commands, string replies)
    {
        await Say("SET k/1 1; SET k/2 2; SET k/3 3; SET l* 4");

        Assert.Equal(replies, await Say(commands));
    }

    [Fact]
    public async Task A_scan_reads_no_more_than_a_page_whatever_its_count()
    {
        await Say("SET k v");
        _talk.Grain.Calls.Clear();

        await Say("SCAN 0 COUNT 9223372036854775807; SCAN 0");

        Assert.Equal([$"List {Door.MaxPageEntries}", "List 10"], _talk.Grain.Calls);
    }

    [Fact]
    public async Task As_many_scans_as_there_are_places_go_on_at_once_and_the_oldest_gives_way()
    {
        await Say("SET a 1; SET b 2; SET c 3");
        var scans = string.Concat(Enumerable.Repeat("SCAN 0 COUNT 1; ", ScanCursors.Max));

        // 1 to 16 are open; 16 goes on as 17 in its own place, and for 18 there is room only in the place of 1.
        var replies = await Say($"{scans}SCAN 16 COUNT 1; SCAN 0 COUNT 1; SCAN 1; SCAN 2; SCAN 17");

        Assert.EndsWith(
            "*2 $2 17 *1 $1 b *2 $2 18 *1 $1 a -ERR the cursor 1 is not one that this connection was given last, or 16 newer scans took its place; begin again with 0, or use CMUD.LIST prefix AFTER key *2 $1 0 *2 $1 b $1 c *2 $1 0 *1 $1 c",
            replies,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_refused_where_they_are_too_many()
    {
        for (var i = 0; i < ListCommands.MaxKeys; i++) await Say($"SET k{i:D5} v");

        var most = await Say("KEYS k*");
        await Say("SET k v");

        Assert.StartsWith("*10000 $6 k00000", most, StringComparison.Ordinal);
        Assert.EndsWith("k09999", most, StringComparison.Ordinal);
        Assert.Equal("-ERR more than 10,000 keys match; use SCAN 0 MATCH prefix*, CMUD.LIST prefix, or a longer prefix", await Say("KEYS *"));
        Assert.Equal(":10001", await Say("DBSIZE"));
    }

    [Fact]
    public async Task More_than_16_MiB_are_not_read_by_one_MGET()
    {
        const int keys = 300;
        var value = new string('v', Door.MaxValueBytes);
        for (var i = 0; i < keys; i++) await _talk.Say($"*3\r\n$3\r\nSET\r\n$4\r\nk{i:D3}\r\n${value.Length}\r\n{value}\r\n");
        string Names(int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => $"k{i:D3}"));

        var few = await Say($"MGET {Names(250)}");
        var many = await Say($"MGET {Names(keys)}; GET absent");

        Assert.Equal(250 * ("$65536 ".Length + Door.MaxValueBytes + 1) + "*250".Length, few.Length);
        Assert.Equal("-ERR The batch would read more than 16777216 bytes; ask for fewer keys at a time. $-1", many);
    }

    [Fact]
    public async Task All_that_only_asks_the_store_goes_as_one_call()
    {
        await Say("SET a 1; MSET b 2 c 3; GET a; MGET a b; DEL a absent; EXISTS b c; TTL b; PTTL b; TYPE b; STRLEN b; SETEX d 5 4; UNLINK b");

        Assert.Equal(["Execute 19"], _talk.Grain.Calls);
    }

    [Fact]
    public async Task A_command_of_many_operations_is_never_cut_in_two()
    {
        var keys = RespParser.MaxArguments - 1;
        var del = $"DEL{string.Concat(Enumerable.Range(0, keys).Select(i => $" k{i}"))}; ";

        var replies = await Say(del + del + del);

        Assert.Equal(":0 :0 :0", replies);
        Assert.Equal([$"Execute {4 * keys}", $"Execute {2 * keys}"], _talk.Grain.Calls);
    }

    [Theory]
    [InlineData("SELECT 0; SELECT 1; SELECT x; SELECT", "+OK -ERR DB index is out of range: there is one database, 0; give the keys of yours a prefix of their own -ERR DB index is out of range: there is one database, 0; give the keys of yours a prefix of their own -ERR wrong number of arguments for 'select' command")]
    [InlineData("AUTH secret; AUTH user secret; AUTH; AUTH a b c", "-ERR AUTH called without any password configured: this server asks for no token; connect without user and password -ERR AUTH called without any password configured: this server asks for no token; connect without user and password -ERR wrong number of arguments for 'auth' command -ERR wrong number of arguments for 'auth' command")]
    [InlineData("CLIENT ID; CLIENT GETNAME; CLIENT SETNAME me; CLIENT GETNAME; CLIENT SETNAME \"\"; client getname", ":7 $-1 +OK $2 me +OK $-1")]
    [InlineData("CLIENT SETINFO LIB-NAME x; CLIENT SETINFO lib-ver 1; CLIENT SETINFO COLOR red", "+OK +OK -ERR unrecognized option 'COLOR' of CLIENT SETINFO; try LIB-NAME or LIB-VER")]
    [InlineData("CLIENT; CLIENT ID x; CLIENT SETNAME; CLIENT GETNAME x; CLIENT SETINFO x", "-ERR wrong number of arguments for 'client' command -ERR wrong number of arguments for 'client|id' command -ERR wrong number of arguments for 'client|setname' command -ERR wrong number of arguments for 'client|getname' command -ERR wrong number of arguments for 'client|setinfo' command")]
    [InlineData("CLIENT SETNAME \"a b\"; CLIENT SETNAME 12345678901234567890123456789012345678901234567890123456789012345", "-ERR client names cannot contain spaces, newlines or special characters -ERR a client name of 65 bytes; it may have 64")]
    [InlineData("CLIENT KILL", "-ERR unknown subcommand 'KILL' of CLIENT; try ID, GETNAME, SETNAME or SETINFO")]
    [InlineData("HELLO 4; HELLO x", "-NOPROTO unsupported protocol version; this server speaks 2 and 3 -NOPROTO unsupported protocol version; this server speaks 2 and 3")]
    [InlineData("HELLO 3 AUTH u p; GET absent", "-ERR HELLO AUTH called without any password configured: this server asks for no token; connect without user and password $-1")]
    [InlineData("HELLO 3 SETNAME; HELLO 3 AUTH; HELLO 3 SETNAME \"a b\"; CLIENT GETNAME", "-ERR syntax error; use HELLO [2|3 [AUTH username token] [SETNAME name]] -ERR syntax error; use HELLO [2|3 [AUTH username token] [SETNAME name]] -ERR client names cannot contain spaces, newlines or special characters $-1")]
    [InlineData("HELLO", "*14 $6 server $4 cmud $7 version $5 7.2.0 $5 proto :2 $2 id :7 $4 mode $10 standalone $4 role $6 master $7 modules *0")]
    [InlineData("HELLO 3 SETNAME me; CLIENT GETNAME; GET absent", "%7 $6 server $4 cmud $7 version $5 7.2.0 $5 proto :3 $2 id :7 $4 mode $10 standalone $4 role $6 master $7 modules *0 $2 me _")]
    [InlineData("HELLO 3; HELLO 2; GET absent; HELLO", "%7 $6 server $4 cmud $7 version $5 7.2.0 $5 proto :3 $2 id :7 $4 mode $10 standalone $4 role $6 master $7 modules *0 *14 $6 server $4 cmud $7 version $5 7.2.0 $5 proto :2 $2 id :7 $4 mode $10 standalone $4 role $6 master $7 modules *0 $-1 *14 $6 server $4 cmud $7 version $5 7.2.0 $5 proto :2 $2 id :7 $4 mode $10 standalone $4 role $6 master $7 modules *0")]
    [InlineData("QUIT; PING", "+OK")]
    public async Task A_connection_says_what_it_is(string commands, string replies) => Assert.Equal(replies, await Say(commands));

    [Theory]
    [InlineData("CONFIG GET save; CONFIG GET appendonly timeout; CONFIG GET replica-*", "*2 $4 save $0  *4 $10 appendonly $2 no $7 timeout $1 0 *2 $17 replica-read-only $2 no")]
    [InlineData("HELLO 3; CONFIG GET Databases nothing", "%1 $9 databases $1 1")]
    [InlineData("CONFIG GET nothing; CONFIG GET; CONFIG; CONFIG SET save x; CONFIG GET a*b", "*0 -ERR wrong number of arguments for 'config|get' command -ERR wrong number of arguments for 'config' command -ERR unknown subcommand 'SET' of CONFIG; a server is set up by its command line, and CONFIG GET tells some of it -ERR the pattern 'a*b' is more than a prefix: keys are found by their beginning only; use prefix* (a backslash before * ? [ and \\ where they are meant), or CMUD.LIST prefix")]
    [InlineData("INFO replication", "$48 # Replication role:master connected_slaves:0 ")]
    [InlineData("INFO replication CLUSTER; INFO nothing", "$80 # Replication role:master connected_slaves:0  # Cluster cluster_enabled:0  $0 ")]
    [InlineData("COMMAND INFO get absent", "*2 *6 $3 get :2 *1 +readonly :1 :1 :1 *-1")]
    [InlineData("HELLO 3; COMMAND INFO absent mset", "*2 _ *6 $4 mset :-3 *1 +write :1 :-1 :2")]
    [InlineData("COMMAND DOCS dbsize absent", "*2 $6 dbsize *8 $7 summary $42 How many keys there are, by counting them. $5 since $5 1.0.0 $5 group $6 server $9 arguments *0")]
    [InlineData("HELLO 3; COMMAND DOCS Keys", "%1 $4 keys %4 $7 summary $37 All keys with a prefix; up to 10,000. $5 since $5 1.0.0 $5 group $7 generic $9 arguments *1 %2 $4 name $7 prefix* $4 type $6 string")]
    [InlineData("COMMAND COUNT x; COMMAND GETKEYS", "-ERR wrong number of arguments for 'command|count' command -ERR unknown subcommand 'GETKEYS' of COMMAND; try COUNT, DOCS, INFO or LIST")]
    public async Task A_server_says_what_it_is(string commands, string replies) => Assert.Equal(replies, Tail(commands, await Say(commands)));

    [Fact]
    public async Task Everything_that_COMMAND_lists_is_answered_and_nothing_else()
    {
        var names = (await Say("COMMAND LIST")).Split(' ').Where((_, i) => i > 0 && i % 2 == 0).ToArray();
        var all = await Say("COMMAND");

        Assert.Equal(CommandTable.Rows.Select(row => row.Name.ToLowerInvariant()), names);
        Assert.Equal($":{names.Length}", await Say("COMMAND COUNT"));
        foreach (var row in CommandTable.Rows)
        {
            Assert.Contains($"*6 ${row.Name.Length} {row.Name.ToLowerInvariant()} :{row.Arity.ToString(CultureInfo.InvariantCulture)} ", all, StringComparison.Ordinal);
            Assert.True((row.Batched is null) != (row.Answer is null), $"{row.Name} is answered in both ways, or in none.");
            // One word fewer than it takes: the sentence is the same for all.
            if (row.Least > 1) Assert.Equal($"-ERR wrong number of arguments for '{row.Name.ToLowerInvariant()}' command", await Say(row.Name + string.Concat(Enumerable.Repeat(" x", row.Least - 2))));
        }
    }

    [Theory]
    [InlineData("CLUSTER NODES", "-ERR This instance has cluster support disabled")]
    [InlineData("SENTINEL masters", "-ERR unknown command 'SENTINEL'; COMMAND LIST tells what this server knows, strings by key")]
    [InlineData("lpush k v", "-ERR unknown command 'lpush'; COMMAND LIST tells what this server knows, strings by key")]
    [InlineData("subscribe news", "-ERR SUBSCRIBE is not supported: there are no channels; write keys under a prefix, and read them by CMUD.LIST prefix AFTER key")]
    [InlineData("MULTI", "-ERR MULTI is not supported: there are no transactions, for no server asks another before it takes a write; MSET is stored as one here")]
    [InlineData("EVAL x 0", "-ERR EVAL is not supported: there are no scripts")]
    [InlineData("INCR k", "-ERR INCR is not supported: it needs what the key holds everywhere, and servers take writes without asking each other; give every writer a key of its own, and combine them where they are read")]
    [InlineData("FLUSHALL", "-ERR FLUSHALL is not supported: what is deleted is deleted on all servers; DEL the keys that SCAN shows")]
    [InlineData("\"a\\nb\\x00c\" k", "-ERR unknown command 'a?b?c'; COMMAND LIST tells what this server knows, strings by key")]
    [InlineData("12345678901234567890123456789012345678901", "-ERR unknown command '1234567890123456789012345678901234567890...'; COMMAND LIST tells what this server knows, strings by key")]
    public async Task What_there_is_not_is_one_sentence_and_the_connection_lives_on(string command, string reply) => Assert.Equal($"{reply} +PONG", await Say($"{command}; PING"));

    /// <summary>Commands apart by semicolons; the replies come with blanks for line ends.</summary>
    private async Task<string> Say(string commands)
    {
        var replies = await _talk.Say(string.Concat(commands.Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(command => command + "\r\n")));
        return replies.Length == 0 ? "" : replies[..^2].Replace("\r\n", " ", StringComparison.Ordinal);
    }

    /// <summary>The replies without that to a HELLO before them, which is told elsewhere.</summary>
    private static string Tail(string commands, string replies) =>
        commands.StartsWith("HELLO", StringComparison.Ordinal) ? replies[(replies.IndexOf("modules *0 ", StringComparison.Ordinal) + "modules *0 ".Length)..] : replies;
}

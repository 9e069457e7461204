namespace Cmud.Silo.Resp;

/// <summary>What is said of commands that are not in the table.</summary>
internal static class Unsupported
{
    /// <summary>The sentence for a command.</summary>
    public static string Sentence(byte[] name) => RespText.Upper(name) switch
    {
        // To the letter what Redis says where it is no cluster: libraries that probe for one look for it.
        "CLUSTER" or "READONLY" or "READWRITE" or "ASKING" => "This instance has cluster support disabled",
        "SUBSCRIBE" or "PSUBSCRIBE" or "SSUBSCRIBE" or "UNSUBSCRIBE" or "PUNSUBSCRIBE" or "SUNSUBSCRIBE" or "PUBLISH" or "SPUBLISH" or "PUBSUB" or "MONITOR" =>
            Because(name, "there are no channels; write keys under a prefix, and read them by CMUD.LIST prefix AFTER key"),
        "MULTI" or "EXEC" or "DISCARD" or "WATCH" or "UNWATCH" =>
            Because(name, "there are no transactions, for no server asks another before it takes a write; MSET is stored as one here"),
        "EVAL" or "EVALSHA" or "EVAL_RO" or "SCRIPT" or "FCALL" or "FUNCTION" => Because(name, "there are no scripts"),
        "INCR" or "INCRBY" or "INCRBYFLOAT" or "DECR" or "DECRBY" or "APPEND" or "SETNX" or "MSETNX" or "SETRANGE" or "GETSET" or "GETDEL" or "GETEX" or "RENAME" or "RENAMENX" or "COPY" =>
            Because(name, "it needs what the key holds everywhere, and servers take writes without asking each other; give every writer a key of its own, and combine them where they are read"),
        "FLUSHALL" or "FLUSHDB" => Because(name, "what is deleted is deleted on all servers; DEL the keys that SCAN shows"),
        _ => $"unknown command {RespText.Quote(name)}; COMMAND LIST tells what this server knows, strings by key",
    };

    private static string Because(byte[] name, string reason) => $"{RespText.Upper(name)} is not supported: {reason}";
}

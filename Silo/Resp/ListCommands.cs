using System.Globalization;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Resp;

/// <summary>Commands that walk over keys, in the order of their bytes.</summary>
internal static class ListCommands
{
    /// <summary>Bytes after which a CMUD.LIST ends with the page it is in, whatever its LIMIT: the reply is held whole to be counted.</summary>
    public const int MaxListBytes = 4 << 20;

    /// <summary>Most keys in the reply to a KEYS: at the longest keys, 10 MiB.</summary>
    public const int MaxKeys = 10_000;

    /// <summary>Most pages that a DBSIZE reads: ten million small keys, or 10 GiB of large values.</summary>
    private const int MaxPages = 10_000;

    /// <summary>What a result of a List costs beside its key and value, so that many small ones are bounded too.</summary>
    private const int ListItemBytes = 64;

    /// <summary>How many keys a SCAN shows that does not say, as in Redis.</summary>
    private const int ScanCount = 10;

    private const string ScanUsage = "SCAN cursor [MATCH prefix*] [COUNT n] [TYPE string]";

    /// <summary>CMUD.LIST: key, value, key, value and so on.</summary>
    /// <remarks>
    /// Without LIMIT at most <see cref="Door.MaxPageEntries"/> keys. An answer may hold fewer keys than its LIMIT although there are more
    /// (it ends after some <see cref="MaxListBytes"/>): to read all, ask again AFTER the last key of the answer until one is empty.
    /// </remarks>
    public static async ValueTask List(RespClient client, byte[][] command)
    {
        if (!TryReadListOptions(command, out var after, out var limit, out var refusal) || (refusal = Door.RefusePrefix(command[1])) is not null)
        {
            client.Reply.Error(refusal!);
            return;
        }

        var (items, bytes) = (new List<ListItem>(), 0);
        var failure = await client.Store.ReadPages(command[1], after, limit, page =>
        {
            items.AddRange(page);
            bytes += page.Sum(static item => item.Key.Length + item.Value.Length + ListItemBytes);
            return bytes < MaxListBytes;
        });
        if (failure is not null)
        {
            client.Reply.Error(failure);
            return;
        }

        client.Reply.Array(2 * items.Count);
        foreach (var item in items)
        {
            client.Reply.Bulk(item.Key);
            client.Reply.Bulk(item.Value);
            await client.SendWhenMuch();
        }
    }

    /// <summary>KEYS: all of them, or a sentence where they are too many. Half of them would pass for all.</summary>
    public static async ValueTask Keys(RespClient client, byte[][] command)
    {
        if (!KeyPattern.TryRead(command[1], out var pattern, out var refusal))
        {
            client.Reply.Error(refusal!);
            return;
        }

        var keys = new List<byte[]>();
        var limit = pattern.IsPrefix ? MaxKeys + 1 : 1;
        var failure = await client.Store.ReadPages(pattern.Text, after: null, limit, page =>
        {
            keys.AddRange(page.Select(static item => item.Key).Where(key => pattern.Matches(key)));
            return true;
        });
        if (keys.Count > MaxKeys) failure = new(string.Create(CultureInfo.InvariantCulture, $"more than {MaxKeys:N0} keys match; use SCAN 0 MATCH prefix*, CMUD.LIST prefix, or a longer prefix"));
        if (failure is not null)
        {
            client.Reply.Error(failure);
            return;
        }

        await Write(client, keys);
    }

    /// <summary>SCAN: some keys, and the cursor to go on with, 0 at the end.</summary>
    public static async ValueTask Scan(RespClient client, byte[][] command)
    {
        if (!TryReadScanOptions(command, out var pattern, out var count, out var isString, out var refusal))
        {
            client.Reply.Error(refusal!);
            return;
        }

        var after = default(byte[]);
        if (RespText.Number(command[1]) is not { } number || number < 0)
        {
            client.Reply.Error("invalid cursor");
            return;
        }

        var cursor = (ulong)number;
        if (cursor > 0 && (after = client.Cursors.Find(cursor)) is null)
        {
            client.Reply.Error($"the cursor {cursor} is not one that this connection was given last, or {ScanCursors.Max} newer scans took its place; begin again with 0, or use CMUD.LIST prefix AFTER key");
            return;
        }

        var answer = await client.Store.List(pattern.Text, after, pattern.IsPrefix ? count : 1);
        if (answer.Failure is { } failure)
        {
            client.Reply.Error(failure);
            return;
        }

        var page = answer.Value;
        var goesOn = page.More && isString && pattern.IsPrefix;
        client.Reply.Array(2);
        client.Reply.Bulk(client.Cursors.Advance(cursor, goesOn ? page.Items[^1].Key : null).ToString(CultureInfo.InvariantCulture));
        await Write(client, [.. page.Items.Select(static item => item.Key).Where(key => isString && pattern.Matches(key))]);
    }

    /// <summary>DBSIZE: how many keys show a value, counted page by page, so that other queries have their turn.</summary>
    public static async ValueTask Size(RespClient client, byte[][] command)
    {
        var (keys, pages) = (0L, 0);
        var failure = await client.Store.ReadPages([], after: null, int.MaxValue, page =>
        {
            keys += page.Length;
            return ++pages < MaxPages;
        });
        if (pages == MaxPages) failure = new(string.Create(CultureInfo.InvariantCulture, $"there are {keys:N0} keys or more, which is too many to count here; use cmud verify"));

        if (failure is not null) client.Reply.Error(failure);
        else client.Reply.Integer(keys);
    }

    private static async ValueTask Write(RespClient client, List<byte[]> keys)
    {
        client.Reply.Array(keys.Count);
        foreach (var key in keys)
        {
            client.Reply.Bulk(key);
            await client.SendWhenMuch();
        }
    }

    private static bool TryReadListOptions(byte[][] command, out byte[]? after, out int limit, out string? refusal)
    {
        (after, limit, refusal) = (null, Door.MaxPageEntries, null);
        for (var i = 2; i < command.Length; i += 2)
        {
            var option = RespText.Upper(command[i]);
            var value = i + 1 < command.Length ? command[i + 1] : null;
            if (option == "AFTER" && value is not null)
            {
                after = value;
                refusal ??= Door.RefuseKey(after);
            }
            else if (option == "LIMIT" && value is not null)
            {
                var number = RespText.Number(value);
                if (number is >= 1 and <= int.MaxValue) limit = (int)number;
                else refusal ??= "LIMIT must be a number from 1 to 2,147,483,647";
            }
            else
            {
                refusal ??= "syntax error; use CMUD.LIST prefix [AFTER key] [LIMIT n]";
            }
        }

        return refusal is null;
    }

    /// <summary>A COUNT above a page is a page: it is a wish, in Redis too.</summary>
    private static bool TryReadScanOptions(byte[][] command, out KeyPattern pattern, out int count, out bool isString, out string? refusal)
    {
        (pattern, count, isString, refusal) = (KeyPattern.All, ScanCount, true, null);
        for (var i = 2; i < command.Length && refusal is null; i += 2)
        {
            var value = i + 1 < command.Length ? command[i + 1] : null;
            switch (RespText.Upper(command[i]))
            {
                case "MATCH" when value is not null:
                    KeyPattern.TryRead(value, out pattern, out refusal);
                    break;
                case "COUNT" when value is not null:
                    if (RespText.Number(value) is >= 1 and var number) count = (int)Math.Min(number, Door.MaxPageEntries);
                    else refusal = "COUNT must be a number above 0";
                    break;
                case "TYPE" when value is not null:
                    isString = RespText.Upper(value) == "STRING";
                    break;
                default:
                    refusal = $"syntax error; use {ScanUsage}";
                    break;
            }
        }

        return refusal is null;
    }
}

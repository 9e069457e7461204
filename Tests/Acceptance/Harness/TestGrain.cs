using System.Text;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>A query grain, in text.</summary>
internal sealed class TestGrain(TestServer server, int index, IQueryGrain grain)
{
    public TestServer Server => server;

    public int Index => index;

    public async Task<string?> GetAsync(string key) => (await grain.Get(new(Bytes(key), 0))).Value is { } value ? Text(value) : null;

    /// <summary>Which write a key shows.</summary>
    public async Task<Stamp?> StampAsync(string key) => (await grain.Get(new(Bytes(key), 0))).Stamp;

    public async Task<PutReply> PutAsync(string key, string value, TimeSpan? timeToLive = null) => await grain.Put(new(Bytes(key), Bytes(value), 0, timeToLive));

    public async Task<PutReply> DeleteAsync(string key) => await grain.Delete(new(Bytes(key), 0));

    /// <summary>Many Puts in one call.</summary>
    public async Task<IReadOnlyList<PutReply>> PutAllAsync(IEnumerable<KeyValuePair<string, string>> values)
    {
        var puts = values.Select(pair => new Operation(OperationKind.Put, Bytes(pair.Key), Bytes(pair.Value))).ToArray();
        return [.. (await grain.Execute(new ExecuteRequest(puts, 0))).Results.Select(result => result.Put!.Value)];
    }

    /// <summary>One page of a List, as it comes.</summary>
    public async Task<ListReply> PageAsync(string prefix, byte[]? after = null) => await grain.List(new(Bytes(prefix), after, 0, 0));

    /// <summary>All pages of a List.</summary>
    public async Task<SortedDictionary<string, string>> ListAsync(string prefix)
    {
        var listed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        byte[]? after = null;
        while (true)
        {
            var page = await PageAsync(prefix, after);
            foreach (var item in page.Items) listed.Add(Text(item.Key), Text(item.Value));
            if (!page.More) return listed;

            after = page.Items[^1].Key;
        }
    }

    public override string ToString() => $"grain {index} of {server}";

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
}

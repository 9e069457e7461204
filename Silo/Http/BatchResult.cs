using System.Text.Json.Serialization;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Http;

/// <summary>The result of one operation of a batch.</summary>
[JsonDerivedType(typeof(FoundValue))]
[JsonDerivedType(typeof(WrittenStamp))]
[JsonDerivedType(typeof(ListPage))]
internal abstract record BatchResult
{
    /// <summary>What the grain gave.</summary>
    public static BatchResult Of(OperationResult result)
    {
        if (result.Put is { } put) return new WrittenStamp(EntityTag.Of(put.Stamp));
        if (result.List is { } list) return ListPage.Of(list);

        return result.Get is { Value: { } value, Stamp: { } stamp } get
            ? new FoundValue(Door.Decode(value), EntityTag.Of(stamp), TimeToLiveText.Seconds(get.TimeLeft))
            : new FoundValue(null, null, null);
    }
}

using System.Globalization;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Cmud.Silo.Http;

/// <summary>/v1/keys: keys and values by prefix, a page at a time.</summary>
internal sealed class ListEndpoint(QueryGrains grains)
{
    /// <summary>GET and HEAD.</summary>
    public async Task Get(HttpContext context)
    {
        ListRequest list = default;
        if ((RefuseEmptyKey(context) ?? Read(context.Request.QueryString, out list)) is { } problem)
        {
            await problem.Write(context);
            return;
        }

        var page = ListPage.Of(await grains.For(context).List(list));
        if (page.After is { } after) context.Response.Headers.Link = Next(list, after);
        await Json.Write(context.Response, page, Json.Types.ListPage);
    }

    /// <summary>What a List asks for, or why it cannot be asked.</summary>
    internal static Problem? Read(QueryString query, out ListRequest list)
    {
        list = default;
        if (Parameters.Read(query, out var parameters, "prefix", "after", "limit") is { } problem) return problem;

        var limit = 0;
        if (parameters.Text("limit") is { } text && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit))
            return Problems.BadRequest($"The limit {Door.Show(text)} is no number; write one from 1 to {Door.MaxPageEntries:N0}, or leave it out.");

        return Read(parameters["prefix"] ?? [], parameters["after"], parameters["limit"] is null ? null : limit, out list);
    }

    /// <summary>As <see cref="Read(QueryString, out ListRequest)"/>, of what was read already.</summary>
    /// <param name="prefix">All keys where it is empty.</param>
    /// <param name="after">From the first one on where it is empty or null: a loop may begin with that.</param>
    /// <param name="limit">Null for the most.</param>
    /// <param name="list">What is asked for.</param>
    internal static Problem? Read(byte[] prefix, byte[]? after, int? limit, out ListRequest list)
    {
        list = new(prefix, after is [] ? null : after, limit ?? 0, Seen: 0);
        if (Problems.RefusePrefix(prefix) is { } problem) return problem;
        if (list.After is not null && Problems.RefuseKey(list.After) is { } other) return other;

        return limit is null or (>= 1 and <= Door.MaxPageEntries)
            ? null
            : Problems.Limit("page-entries", limit, Door.MaxPageEntries, $"The limit is {limit:N0} but must be from 1 to {Door.MaxPageEntries:N0}; ask for further pages by after.");
    }

    /// <summary>Who lists says so without a slash: the script whose variable was empty meant a key.</summary>
    private static Problem? RefuseEmptyKey(HttpContext context) =>
        KeyPath.IsEmpty(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) ? Problems.RefuseKey([]) : null;

    private static string Next(ListRequest list, string after)
    {
        var limit = list.Limit == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"&limit={list.Limit}");
        return $"</v1/keys?prefix={Uri.EscapeDataString(Door.Decode(list.Prefix))}&after={Uri.EscapeDataString(after)}{limit}>; rel=\"next\"";
    }
}

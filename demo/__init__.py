"""One real retailer's trading week from 旺店通 Wangdiantong into 金蝶 Kingdee, reconciled to the cent."""
